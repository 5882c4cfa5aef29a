// The same streams through this machine and through the npm package ws 8: equal messages, control frames and close codes.
//
// Deliberate differences, each with its own test below:
// - ws accepts lengths that are not in their shortest form; RFC 6455 §5.2 forbids them: 1002 here.
// - ws reports a 64-bit length with its top bit set as too large (1009); RFC 6455 §5.2 says that bit must be 0: 1002 here.
// - ws looks at text when the message is complete; here it fails at its first wrong byte, so a later fault never shows (RFC 6455 §8.1).
// - ws checks the masking bit before the payload length of a data frame, and after it for control frames; here too.
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import * as ws from "ws";
import { Event } from "../src/machine-types.ts";
import { prepareText } from "../src/prepared.ts";
import type { FrameParts } from "./frames.ts";
import { closePayload, concat, frame, KEY, masked } from "./frames.ts";
import { platform } from "./node-platform.ts";
import { cut, describe, events, machineOf, output } from "./splits.ts";

/** What the tests need of ws's Receiver and Sender, which its types leave open. */
interface Receiver {
  on(name: string, listener: (...args: never[]) => void): void;
  write(chunk: Uint8Array): boolean;
}
interface Sender {
  send(data: Uint8Array | string, options: { fin: boolean; binary: boolean; compress: boolean; mask: boolean }): void;
  ping(data: Uint8Array, mask: boolean): void;
  close(code: number, reason: string, mask: boolean): void;
}
const { Receiver, Sender } = ws as unknown as { Receiver: new (options: object) => Receiver; Sender: new (socket: object) => Sender };

const LIMITS = { maxPayloadBytes: 5000, maxFragments: 6 };

/** What ws makes of the chunks, in the words of `describe`. */
async function throughWs(chunks: readonly Uint8Array[], isServer: boolean): Promise<string[]> {
  const receiver = new Receiver({ isServer, maxPayload: LIMITS.maxPayloadBytes, maxFragments: LIMITS.maxFragments });
  const found: string[] = [];
  const closeCodeKey = (error: object): unknown =>
    Object.getOwnPropertySymbols(error).map((key) => (error as Record<symbol, unknown>)[key])[0];
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    found.push(isBinary ? `Binary ${data.toString("hex")}` : `Text ${JSON.stringify(data.toString())}`);
  });
  receiver.on("ping", (data: Buffer) => found.push(`Ping ${data.toString("hex")}`));
  receiver.on("pong", (data: Buffer) => found.push(`Pong ${data.toString("hex")}`));
  receiver.on("conclude", (code: number, reason: Buffer) => found.push(`Close ${code} ${JSON.stringify(reason.toString())}`));
  receiver.on("error", (error: Error & { code: string }) => found.push(`Error ${error.code} ${String(closeCodeKey(error))}`));
  for (const chunk of chunks) {
    if (found.some((line) => /^(?:Close|Error)/.test(line))) break;
    receiver.write(Buffer.from(chunk));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}

/** What this machine makes of them, up to its Close or Error. */
function throughUs(chunks: readonly Uint8Array[], role: "server" | "client"): string[] {
  const machine = machineOf({ ...LIMITS, role });
  const found: string[] = [];
  for (const chunk of chunks) {
    machine.receive(Uint8Array.from(chunk));
    for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
      if (kind !== Event.Finish) found.push(describe(machine, kind));
    }
  }
  return found;
}

const payload = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 100, max: 6000 }).map((size) => Buffer.alloc(size, 0x61)),
);
const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 30 }).map((text) => Buffer.from(text));
const close = fc
  .tuple(fc.constantFrom(999, 1000, 1001, 1004, 1005, 1006, 1014, 1015, 3000, 4999, 5000), ascii)
  .map(([code, reason]) => closePayload(code, reason));

/** Frames of which most fit, in sequences of which some do. */
const parts: fc.Arbitrary<FrameParts> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ opcode: fc.constantFrom(1, 2), payload: fc.oneof(ascii, payload), fin: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ opcode: fc.constantFrom(0, 1, 2), payload: ascii, fin: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ opcode: fc.constantFrom(9, 10), payload: ascii }) },
  {
    weight: 1,
    arbitrary: fc.record({ opcode: fc.constant(8), payload: fc.oneof(close, fc.constant(Buffer.alloc(0)), fc.constant(Buffer.alloc(1))) }),
  },
  { weight: 1, arbitrary: fc.record({ opcode: fc.nat(15), rsv: fc.constantFrom(0, 0, 1, 2, 4), fin: fc.boolean(), payload }) },
);

for (const role of ["server", "client"] as const) {
  test(`property: valid and broken frames give what ws gives, ${role} (RFC 6455 §5)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(parts, { maxLength: 8 }),
        fc.array(fc.nat(3000), { maxLength: 4 }),
        fc.nat(40),
        async (frames, places, wrongMask) => {
          const bytes = concat(
            ...frames.map((one, at) => {
              const mask = (role === "server") !== (at === wrongMask);
              return frame(mask ? { ...one, key: KEY } : one);
            }),
          );
          const chunks = cut(bytes, places);
          const theirs = await throughWs(chunks, role === "server");
          const ours = throughUs(chunks, role);
          // Text that fails here before ws has looked at it: the one difference that random frames show.
          if (ours.at(-1) === "Error WS_ERR_INVALID_UTF8 1007" && ours.at(-1) !== theirs.at(-1)) {
            assert.deepEqual(ours.slice(0, -1), theirs.slice(0, ours.length - 1));
            return;
          }
          assert.deepEqual(ours, theirs);
        },
      ),
      { numRuns: 400 },
    );
  });

  test(`property: a stream of ws with some bytes changed gives what ws gives, ${role} (RFC 6455 §5)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 2 }), fc.nat(100), async (changes, place) => {
        const bytes = Buffer.concat([...sentByWs(role === "server")]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const chunks = cut(bytes, [place]);
        const theirs = await throughWs(chunks, role === "server");
        const ours = throughUs(chunks, role);
        const last = ours.at(-1) ?? "";
        if (/NON_MINIMAL|INVALID_PAYLOAD_LENGTH|INVALID_UTF8/.test(last) && last !== theirs.at(-1)) {
          assert.deepEqual(ours.slice(0, -1), theirs.slice(0, ours.length - 1));
          return;
        }
        assert.deepEqual(ours, theirs);
      }),
      { numRuns: 400 },
    );
  });
}

/** A short conversation written by ws's Sender. */
function sentByWs(mask: boolean): Buffer[] {
  const written: Buffer[] = [];
  const socket = {
    cork: () => undefined,
    uncork: () => undefined,
    write: (chunk: Buffer | string) => written.push(Buffer.from(chunk as Buffer)),
  };
  const sender = new Sender(socket);
  sender.send("first, ein Grüß Gott", { fin: true, binary: false, compress: false, mask });
  sender.send(Buffer.from([1, 2, 3]), { fin: false, binary: true, compress: false, mask });
  sender.ping(Buffer.from("?"), mask);
  sender.send(Buffer.alloc(130, 7), { fin: true, binary: true, compress: false, mask });
  sender.close(1001, "gone", mask);
  return written;
}

test("what ws sends is understood, both ways (RFC 6455 §5)", () => {
  for (const mask of [true, false]) {
    assert.deepEqual(throughUs(sentByWs(mask), mask ? "server" : "client"), [
      'Text "first, ein Grüß Gott"',
      "Ping 3f",
      `Binary 010203${"07".repeat(130)}`,
      'Close 1001 "gone"',
    ]);
  }
});

test("property: ws understands what we send, both ways (RFC 6455 §5)", async () => {
  const messages = fc.array(fc.oneof(fc.string({ unit: "grapheme", maxLength: 1000 }), fc.uint8Array({ maxLength: 4000 })), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(messages, fc.boolean(), async (items, fromClient) => {
      const machine = machineOf({ role: fromClient ? "client" : "server", fragmentBytes: 1000 });
      const expected = items.map((item) =>
        typeof item === "string" ? `Text ${JSON.stringify(item)}` : `Binary ${Buffer.from(item).toString("hex")}`,
      );
      for (const item of items) {
        if (typeof item === "string") machine.sendText(item);
        else machine.sendBinary(item);
      }
      machine.sendPrepared(prepareText("to all", platform));
      machine.close(4000, "end");
      const found = await throughWs([output(machine)], fromClient);
      assert.deepEqual(found, [...expected, 'Text "to all"', 'Close 4000 "end"']);
      assert.deepEqual(events(machine), []);
    }),
    { numRuns: 100 },
  );
});

const differences: [name: string, bytes: Uint8Array, ours: string[], theirs: string[]][] = [
  [
    "a length that is not in its shortest form",
    masked(1, "abc", { lengthForm: 16 }),
    ["Error WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH 1002"],
    ['Text "abc"'],
  ],
  [
    "a 64-bit length with its top bit set",
    masked(2, "", { announced: 2n ** 63n }),
    ["Error WS_ERR_INVALID_PAYLOAD_LENGTH 1002"],
    ["Error WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009"],
  ],
  [
    "wrong text in a fragment, before the message is complete",
    concat(masked(1, Buffer.from([0xff]), { fin: false }), masked(9, "p")),
    ["Error WS_ERR_INVALID_UTF8 1007"],
    ["Ping 70"],
  ],
];

for (const [name, bytes, ours, theirs] of differences) {
  test(`deliberate difference to ws: ${name} (RFC 6455 §5.2, §8.1)`, async () => {
    assert.deepEqual(throughUs([bytes], "server"), ours);
    assert.deepEqual(await throughWs([bytes], true), theirs);
  });
}
