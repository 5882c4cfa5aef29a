// The machine's methods in any order, at any moment: only the UsageErrors documented for each call, one Closed and nothing after it, and on the wire
// one valid stream of frames with the messages in order.
import { randomFrames } from "./content.ts";
import { type Op, OrderRun, type OrderSetting } from "./order-run.ts";
import { BEAT } from "./order-wire.ts";
import type { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

function makeSetting(random: Random): OrderSetting {
  const beats = random.chance(0.3);
  return {
    role: random.pick(["server", "client"]),
    compression: random.chance(0.4),
    delivery: random.pick(["whole", "streaming", "fragments"]),
    autoPong: random.chance(0.9),
    maxPayloadBytes: random.pick([300, 70_000]),
    maxFragments: random.pick([3, 1000]),
    highWaterBytes: random.pick([200, 2000, 1_000_000]),
    fragmentBytes: random.pick([null, null, 1, 40, 1000]),
    heartbeat: beats ? { intervalMs: 100, timeoutMs: 50, text: random.chance(0.5) ? BEAT : undefined } : null,
    idleTimeoutMs: beats && random.chance(0.5) ? 700 : null,
    closeTimeoutMs: 300,
  };
}

const CLOSE_CODES = [null, 0, 999, 1000, 1001, 1004, 1005, 1006, 1015, 2999, 3000, 4999, 5000, 1.5];

/** What may be asked of a machine, and how often it is. */
const OPS: readonly (readonly [weight: number, make: (random: Random) => Op])[] = [
  [6, (random) => ["text", random.size(3000), random.chance(0.8)]],
  [2, (random) => ["utf8", random.size(3000), random.chance(0.8)]],
  [6, (random) => ["binary", random.size(20_000), random.chance(0.8)]],
  [3, (random) => ["prepared", random.size(3000), random.chance(0.5)]],
  [3, (random) => ["ping", random.size(130)]],
  [2, (random) => ["pong", random.size(130)]],
  [3, (random) => ["begin", random.pick(["text", "binary"]), random.chance(0.6)]],
  [5, (random) => ["fragment", random.size(2000)]],
  [3, (random) => ["end", random.size(500)]],
  [1, (random) => ["close", random.chance(0.6) ? 1000 : random.pick(CLOSE_CODES), random.chance(0.7) ? 0 : random.size(130)]],
  [0.4, (random) => ["fail", random.chance(0.8) ? 1008 : random.pick([0, 1005, 1000, 5000]), random.chance(0.7) ? 0 : random.size(130)]],
  [1, () => ["heartbeat"]],
  [0.5, () => ["discount"]],
  [0.3, () => ["terminate"]],
  [1, () => ["pause"]],
  [2, () => ["resume"]],
  [0.3, () => ["ended"]],
  [0.3, () => ["lost"]],
  [5, () => ["take"]],
  [5, (random) => ["written", random.pick([0, 1, 0.5, 0.9])]],
  [0.5, () => ["written", 1.5]],
  [3, (random) => ["tick", random.size(400)]],
  [8, (random) => ["next", 1 + random.below(6)]],
  [3, () => ["answer-inflate"]],
  [4, () => ["answer-deflate"]],
  [0.5, () => ["stray-inflated"]],
  [0.5, () => ["stray-inflate-failed"]],
  [0.5, () => ["stray-deflated"]],
  [2, () => ["mark"]],
  [1, (random) => ["streaming", random.chance(0.5)]],
  [1, (random) => ["keep-fragments", random.chance(0.5)]],
  [0.5, (random) => ["receive", random.bytes(random.size(20)).toString("hex")]],
];

const TOTAL_WEIGHT = OPS.reduce((sum, [weight]) => sum + weight, 0);

function randomOp(random: Random): Op {
  let at = random.next() * TOTAL_WEIGHT;
  for (const [weight, make] of OPS) {
    at -= weight;
    if (at < 0) return make(random);
  }
  return ["mark"];
}

function makeSteps(random: Random, setting: OrderSetting): Op[] {
  const stream = Buffer.concat(randomFrames(random, { ...setting, isRight: random.chance(0.8) }));
  const cuts = random.places(stream.length, 12);
  const steps = Array.from({ length: 5 + random.below(60) }, () => randomOp(random));
  const places = [0, ...cuts].map(() => random.below(steps.length)).toSorted((a, b) => b - a);
  const pieces = [0, ...cuts].map((start, index) => stream.subarray(start, cuts[index]).toString("hex"));
  // From the last place to the first, so that the pieces stay in their order.
  for (const [index, place] of places.entries()) steps.splice(place, 0, ["receive", pieces[pieces.length - 1 - index] ?? ""]);
  return steps;
}

export const orderTarget: Target<OrderSetting, Op> = {
  name: "order",
  make(random) {
    const setting = makeSetting(random);
    return { setting, steps: makeSteps(random, setting) };
  },
  async run({ setting, steps }: Case<OrderSetting, Op>) {
    const run = new OrderRun(setting);
    for (const step of steps) run.do(step);
    run.finish();
  },
};
