import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { Machine } from "../src/machine.ts";
import { Event, type MachineOptions } from "../src/machine-types.ts";
import { prepareText, withDeflated } from "../src/prepared.ts";
import { concat, masked } from "./frames.ts";
import { countingPlatform, platform } from "./node-platform.ts";
import { cut, deflate, events, machineOf, type Options, output } from "./splits.ts";

const TEXT = 1;
const PING = 9;
const codec = { thresholdBytes: 1 };

const underWay: [what: string, options: Options, act: (machine: Machine) => void][] = [
  ["half a header was read", {}, (machine) => machine.receive(masked(TEXT, "hello").subarray(0, 1))],
  ["half a masking key was read", {}, (machine) => machine.receive(masked(TEXT, "hello").subarray(0, 4))],
  ["half a payload was read", {}, (machine) => machine.receive(masked(TEXT, "hello").subarray(0, 8))],
  ["half a ping was read", {}, (machine) => machine.receive(masked(PING, "hello").subarray(0, 8))],
  ["a message has more fragments to come", {}, (machine) => machine.receive(masked(TEXT, "hel", { fin: false }))],
  ["an empty fragment began a message", {}, (machine) => machine.receive(masked(TEXT, "", { fin: false }))],
  ["an empty fragment began a streamed message", { streaming: true }, (machine) => machine.receive(masked(TEXT, "", { fin: false }))],
  ["something sent is unwritten", {}, (machine) => void machine.sendText("out")],
  [
    "something taken is unwritten",
    {},
    (machine) => {
      machine.sendText("out");
      machine.takeOutput([]);
    },
  ],
  ["a message of ours was begun", {}, (machine) => void machine.beginMessage("text")],
  [
    "a message waits behind one that was begun",
    {},
    (machine) => {
      machine.beginMessage("text");
      machine.sendText("behind");
    },
  ],
  ["it is paused", {}, (machine) => machine.pause()],
  [
    "the peer has lived, and not answered the heartbeat",
    { heartbeat: { intervalMs: 100, timeoutMs: 50 } },
    (machine) => {
      machine.tick(100);
      output(machine);
      // Life, but no answer: the round trip is still open.
      machine.receive(masked(PING), 110);
      events(machine);
      output(machine);
    },
  ],
  ["idle time is counted", { idleTimeoutMs: 1000 }, () => undefined],
  ["closing has begun", {}, (machine) => machine.close(1000, "", 0)],
  ["it was given up", {}, (machine) => machine.fail(1008)],
  ["the peer has ended its side", {}, (machine) => machine.ended()],
  ["the transport was lost", {}, (machine) => machine.lost()],
  [
    "the codec inflates",
    { codec },
    (machine) => {
      machine.receive(masked(TEXT, deflate(Buffer.from("hello")), { rsv: 4 }));
      assert.equal(machine.next(), Event.Inflate);
    },
  ],
  [
    "the codec deflates",
    { codec },
    (machine) => {
      machine.sendText("hello");
      assert.equal(machine.next(), Event.Deflate);
    },
  ],
  [
    "the peer's context knows a frame that our codec does not",
    { codec },
    (machine) => {
      machine.sendPrepared(withDeflated(prepareText("hello", platform), deflate(Buffer.from("hello")), platform), true);
      output(machine);
    },
  ],
];

for (const [what, options, act] of underWay) {
  test(`a machine is not at rest when ${what}`, () => {
    const machine = machineOf(options);
    act(machine);
    if (machine.hasEvent && options.codec === undefined) events(machine);
    assert.equal(machine.isAtRest, false);
  });
}

test("a machine is at rest when it is fresh, and again when all was read, answered and written", () => {
  const machine = machineOf({ codec });
  assert.equal(machine.isAtRest, true);
  machine.receive(concat(masked(TEXT, "hel", { fin: false }), masked(PING), masked(0, "lo")));
  assert.deepEqual(events(machine), ["Ping ", 'Text "hello"']);
  machine.sendText("answer");
  assert.deepEqual(events(machine), []);
  output(machine);
  assert.equal(machine.isAtRest, true);
});

test("with a heartbeat a machine is at rest between pong and ping, and one made for then pings when it would have", () => {
  const heartbeat = { intervalMs: 100, timeoutMs: 50 };
  const machine = machineOf({ heartbeat });
  machine.tick(100);
  const ping = output(machine);
  machine.receive(masked(10, ping.subarray(2)), 120);
  events(machine);
  assert.deepEqual([machine.isAtRest, machine.deadline], [true, 200]);
  const fresh = machineOf({ heartbeat, now: machine.deadline - heartbeat.intervalMs });
  assert.equal(fresh.deadline, 200);
  fresh.tick(199);
  assert.equal(fresh.hasOutput, false);
  fresh.tick(200);
  assert.equal(output(fresh)[0], 0x89);
  fresh.tick(250);
  assert.deepEqual(events(fresh)[0], "Timeout CLOSED_HEARTBEAT");
});

test("while a heartbeat awaits its pong a machine is at rest, and one made with it knows the answer, or the silence", () => {
  const heartbeat = { intervalMs: 100, timeoutMs: 50 };
  const machine = machineOf({ heartbeat });
  machine.tick(100);
  const ping = output(machine);
  assert.deepEqual([machine.isAtRest, machine.deadline], [true, 150]);
  const options: MachineOptions = { role: "server", platform, now: 0, heartbeat };
  const answered = new Machine(options, 0, machine.awaitedBeat);
  answered.receive(masked(10, ping.subarray(2)), 120);
  assert.deepEqual(events(answered), []);
  assert.deepEqual([answered.isAtRest, answered.deadline, answered.roundTripMs, answered.awaitedBeat], [true, 200, 20, undefined]);
  const silent = new Machine(options, 0, machine.awaitedBeat);
  assert.equal(silent.deadline, 150);
  silent.tick(150);
  assert.deepEqual(events(silent)[0], "Timeout CLOSED_HEARTBEAT");
});

type Step = "read" | "send" | "ping" | "begin" | "fragment" | "end" | "pause" | "resume" | "write" | "close";

/** Goes through the steps; with `exchanges` by another machine after each step that leaves the last one at rest. */
function transcript(steps: readonly Step[], chunks: readonly Uint8Array[], exchanges: boolean): { lines: string[]; exchanged: number } {
  const options = { platform: countingPlatform(), maxFragments: 5 };
  let machine = machineOf(options);
  let [exchanged, at, isBegun] = [0, 0, false];
  const lines: string[] = [];
  const acts: Readonly<Record<Step, () => void>> = {
    read: () => machine.wantsInput && at < chunks.length && machine.receive(Buffer.from(chunks[at++]!)),
    send: () => void machine.sendText("message"),
    ping: () => void machine.sendPing(),
    begin: () => (isBegun ||= machine.readyState === 1 && machine.beginMessage("text")),
    fragment: () => isBegun && machine.sendFragment("part"),
    end: () => {
      if (isBegun) machine.endMessage();
      isBegun = false;
    },
    pause: () => machine.pause(),
    resume: () => machine.resume(),
    write: () => lines.push(`out ${output(machine).toString("hex")}`),
    close: () => machine.close(1000, "", 0),
  };
  for (const step of steps) {
    acts[step]();
    lines.push(...events(machine), `${machine.readyState} ${machine.bufferedBytes} ${machine.isPaused}`);
    if (!exchanges || !machine.isAtRest) continue;
    machine = machineOf(options);
    exchanged++;
  }
  return { lines, exchanged };
}

test("whoever exchanges the machine at rest for a fresh one sees no difference, whatever is read and sent", () => {
  const stream = concat(
    masked(TEXT, "hello"),
    masked(TEXT, "h\u00e9", { fin: false }),
    masked(PING, "?"),
    masked(0, "llo"),
    masked(2, new Uint8Array(200)),
    masked(TEXT, "", { fin: false }),
    masked(0, "\u20ac"),
    masked(8, "\x03\xe8"),
  );
  const steps = fc.array(
    fc.oneof(
      { arbitrary: fc.constant("read" as const), weight: 40 },
      { arbitrary: fc.constant("write" as const), weight: 30 },
      { arbitrary: fc.constantFrom<Step>("send", "ping", "begin", "fragment", "end", "end", "pause", "resume", "resume"), weight: 10 },
      { arbitrary: fc.constant("close" as const), weight: 1 },
    ),
    { maxLength: 60 },
  );
  let exchanged = 0;
  fc.assert(
    fc.property(steps, fc.array(fc.nat(stream.length), { maxLength: 30 }), (list, places) => {
      const chunks = cut(stream, places);
      const changing = transcript(list, chunks, true);
      exchanged += changing.exchanged;
      assert.deepEqual(changing.lines, transcript(list, chunks, false).lines);
    }),
    { numRuns: 300 },
  );
  assert.ok(exchanged > 100, `only ${exchanged} times at rest`);
});
