// The methods of WebSocket and WebSocketServer in any order, at any moment, from listeners too, and after the end (R23): nothing is thrown but what is
// documented, nothing is left unhandled, each socket emits `close` once, each callback is called once, and nothing stays open.
import assert from "node:assert/strict";
import { type ApiOp, ApiRun, type ApiSetting } from "./api-run.ts";
import { randomHeader } from "./content.ts";
import type { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

const DATA = ["text", "binary", "arraybuffer", "view", "number", "array", "blob", "object", "null", "undefined"];
const CODES = [null, 1000, 1000, 1001, 1005, 1006, 3000, 4999, 0, 5000];

type Make = (random: Random) => readonly (string | number | boolean | null)[];

const ON_SOCKETS: readonly (readonly [weight: number, make: Make])[] = [
  [10, (random) => ["send", random.pick(DATA), random.size(5000), random.chance(0.6)]],
  [3, (random) => ["send", "text", random.size(300_000), true]],
  [3, (random) => ["fragment", random.size(2000), random.chance(0.5), random.chance(0.5)]],
  [4, (random) => ["sendAsync", random.size(3000)]],
  [3, (random) => ["sendPrepared", random.size(3000), random.chance(0.5)]],
  [3, (random) => ["ping", random.size(130), random.chance(0.5)]],
  [2, (random) => ["pong", random.size(130), random.chance(0.5)]],
  [3, (random) => ["close", random.pick(CODES), random.chance(0.7) ? 0 : random.size(130)]],
  [1.5, (random) => ["sendStream", random.below(4), random.size(30_000), random.chance(0.2)]],
  [1, (random) => ["createMessageStream", random.size(30_000), random.pick(["end", "destroy", "leave"])]],
  [0.5, (random) => ["iterate", random.below(4)]],
  [0.5, (random) => ["messageStreams", random.below(4), random.chance(0.3)]],
  [1, () => ["terminate"]],
  [2, () => ["pause"]],
  [3, () => ["resume"]],
  [1, (random) => ["binaryType", random.pick(["nodebuffer", "arraybuffer", "fragments", "blob", "nonsense"])]],
  [2, () => ["look"]],
  [1, () => ["listen"]],
  [0.5, () => ["destroy-transport"]],
  [0.5, () => ["end-transport"]],
  [1, (random) => ["raw", randomHeader(random, random.chance(0.5)).toString("hex")]],
  [0.5, (random) => ["raw", random.bytes(random.size(50)).toString("hex")]],
];
const TOTAL_WEIGHT = ON_SOCKETS.reduce((sum, [weight]) => sum + weight, 0);

function onSocket(random: Random): ApiOp {
  let at = random.next() * TOTAL_WEIGHT;
  const make = ON_SOCKETS.find(([weight]) => (at -= weight) < 0)?.[1] ?? (() => ["look"]);
  return [random.pick(["client", "server"]), ...make(random)];
}

function randomOp(random: Random): ApiOp {
  const kind = random.next();
  if (kind < 0.35) return ["run", "turn", 1 + random.below(8)];
  if (kind < 0.38) return ["run", "broadcast", random.size(3000)];
  if (kind < 0.4) return ["run", "close-server"];
  return onSocket(random);
}

const EVENTS = ["open", "message", "ping", "pong", "drain", "close", "error", "upgrade"];

function makeSetting(random: Random): ApiSetting {
  const limits = {
    maxPayload: random.pick([0, 100, 10_000]),
    maxFragments: random.pick([0, 2, 100]),
    highWaterBytes: random.pick([100, 10_000, 1_000_000]),
    maxQueueBytes: random.pick([200, 100_000, 10_000_000]),
    queuePolicy: random.pick(["close", "terminate", "drop"] as const),
    fragmentBytes: random.pick([1, 100, 65_536, Number.MAX_SAFE_INTEGER]),
    heartbeat: random.chance(0.1) ? { intervalMs: 3, timeoutMs: 2000 } : (false as const),
    autoPong: random.chance(0.9),
    allowSynchronousEvents: random.chance(0.8),
    perMessageDeflate: random.chance(0.3) ? { threshold: random.pick([0, 100]) } : (false as const),
  };
  return {
    transport: random.chance(0.15) ? "tcp" : "pair",
    pieceBytes: random.pick([1, 7, 1000, 1_000_000]),
    limits,
    verify: random.pick(["none", "none", "none", "later", "refuse"]),
    reactions: Array.from({ length: random.below(3) }, () => [random.pick(EVENTS), onSocket(random)] as const),
    end: random.pick(["terminate", "close", "server-close", "destroy"]),
  };
}

export const apiTarget: Target<ApiSetting, ApiOp> = {
  name: "api",
  make(random) {
    const setting = makeSetting(random);
    // Most orders begin with an open connection; the others meet one that is still connecting.
    const first: ApiOp[] = random.chance(0.7) ? [["run", "opened"]] : [];
    // R23: what is called after the end.
    if (random.chance(0.2))
      first.push([random.pick(["client", "server"]), ...random.pick([["terminate"], ["close", 1000, 0]])], ["run", "turn", 20]);
    return { setting, steps: [...first, ...Array.from({ length: 3 + random.below(25) }, () => randomOp(random))] };
  },
  async run({ setting, steps }: Case<ApiSetting, ApiOp>) {
    const run = new ApiRun(setting);
    await run.open();
    try {
      for (const step of steps) await run.do(step);
    } finally {
      await run.finish();
    }
  },
  async end() {
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    const open = process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCP"));
    assert.deepEqual(open, [], "sockets are left open");
  },
};
