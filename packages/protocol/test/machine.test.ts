import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { UsageError } from "../src/errors.ts";
import { Machine } from "../src/machine.ts";
import { Event } from "../src/machine-types.ts";
import { prepareBinary, prepareText, withDeflated } from "../src/prepared.ts";
import { Slabs } from "../src/slabs.ts";
import { closePayload, concat, frame, KEY, masked } from "./frames.ts";
import { platform } from "./node-platform.ts";
import type { Options } from "./splits.ts";
import { cut, deflate, events, inEverySplit, machineOf, output } from "./splits.ts";

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Lone surrogates become U+FFFD, as they do on the wire. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function bits(text: string): Uint8Array {
  return Uint8Array.from(text.split(" "), (byte) => Number.parseInt(byte, 2));
}

test("B: the bits of the masked text frame are the message hello.. (RFC 6455 §5.2, §5.3)", () => {
  const bytes = bits(
    "10000001 10000111 10010001 01011010 11010011 01010100 11111001 00111111 10111111 00111000 11111110 01110100 11111101",
  );
  assert.deepEqual(inEverySplit({}, bytes).events, ['Text "hello.."']);
});

test("C: one message in one frame, then one in three fragments with a ping between (RFC 6455 §5.4)", () => {
  const bytes = concat(
    masked(TEXT, "hello"),
    masked(TEXT, "and a", { fin: false }),
    masked(0, "happy new", { fin: false }),
    masked(PING, "still there?"),
    masked(0, "year!"),
  );
  const outcome = inEverySplit({}, bytes);
  assert.deepEqual(outcome.events, ['Text "hello"', `Ping ${Buffer.from("still there?").toString("hex")}`, 'Text "and ahappy newyear!"']);
  assert.equal(outcome.answer, Buffer.from(frame({ opcode: PONG, payload: "still there?" })).toString("hex"));
});

test("C: the first message is answered before the second has begun (RFC 6455 §5.4)", () => {
  const machine = machineOf();
  machine.receive(concat(masked(TEXT, "hello"), masked(TEXT, "and a", { fin: false })));
  assert.equal(machine.next(), Event.Text);
  machine.sendText(`${machine.text()}!`);
  assert.deepEqual(events(machine), []);
  assert.deepEqual(output(machine), Buffer.from(frame({ opcode: TEXT, payload: "hello!" })));
});

const faults: [name: string, bytes: Uint8Array, code: string, closeCode: number, options?: Options][] = [
  [
    "D: 124 bytes in the 16-bit form, masked (RFC 6455 §5.2)",
    masked(BINARY, Buffer.alloc(124), { lengthForm: 16 }),
    "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
    1002,
  ],
  [
    "D: 124 bytes in the 64-bit form, masked (RFC 6455 §5.2)",
    masked(BINARY, Buffer.alloc(124), { lengthForm: 64 }),
    "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
    1002,
  ],
  [
    "D: 65,535 bytes in the 64-bit form, masked (RFC 6455 §5.2)",
    masked(BINARY, Buffer.alloc(65_535), { lengthForm: 64 }),
    "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
    1002,
  ],
  [
    "D: 124 bytes in the 16-bit form, unmasked (RFC 6455 §5.2)",
    frame({ opcode: BINARY, payload: Buffer.alloc(124), lengthForm: 16 }),
    "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
    1002,
    { role: "client" },
  ],
  [
    "D: 65,535 bytes in the 64-bit form, unmasked (RFC 6455 §5.2)",
    frame({ opcode: BINARY, payload: Buffer.alloc(65_535), lengthForm: 64 }),
    "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
    1002,
    { role: "client" },
  ],
  ["D: an unmasked frame from a client (RFC 6455 §5.1)", frame({ opcode: TEXT, payload: "hi" }), "WS_ERR_EXPECTED_MASK", 1002],
  ["D: a masked frame from a server (RFC 6455 §5.1)", masked(TEXT, "hi"), "WS_ERR_UNEXPECTED_MASK", 1002, { role: "client" }],
  [
    "a 64-bit length with its top bit set (RFC 6455 §5.2)",
    masked(BINARY, "", { announced: 2n ** 63n }),
    "WS_ERR_INVALID_PAYLOAD_LENGTH",
    1002,
  ],
  [
    "a length above 2^53 - 1 (RFC 6455 §10.4)",
    masked(BINARY, "", { announced: 2n ** 53n }),
    "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    1009,
  ],
  ["RSV1 without a codec (RFC 6455 §5.2)", masked(TEXT, "hi", { rsv: 4 }), "WS_ERR_UNEXPECTED_RSV_1", 1002],
  ["RSV2 (RFC 6455 §5.2)", masked(TEXT, "hi", { rsv: 2 }), "WS_ERR_UNEXPECTED_RSV_2_3", 1002],
  ["RSV3 (RFC 6455 §5.2)", masked(TEXT, "hi", { rsv: 1 }), "WS_ERR_UNEXPECTED_RSV_2_3", 1002],
  ["RSV2 with a codec (RFC 6455 §5.2)", masked(TEXT, "hi", { rsv: 2 }), "WS_ERR_UNEXPECTED_RSV_2_3", 1002, { codec: {} }],
  [
    "RSV1 on a continuation (RFC 7692 §6.1)",
    concat(masked(TEXT, "hi", { fin: false }), masked(0, "hi", { rsv: 4 })),
    "WS_ERR_UNEXPECTED_RSV_1",
    1002,
    { codec: {} },
  ],
  ["RSV1 on a control frame (RFC 7692 §6.1)", masked(PING, "hi", { rsv: 4 }), "WS_ERR_UNEXPECTED_RSV_1", 1002, { codec: {} }],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Uint8Array, string, number] => [
    `the reserved opcode ${opcode} (RFC 6455 §5.2)`,
    masked(opcode, "hi"),
    "WS_ERR_INVALID_OPCODE",
    1002,
  ]),
  ["a continuation of nothing (RFC 6455 §5.4)", masked(0, "hi"), "WS_ERR_INVALID_OPCODE", 1002],
  [
    "a new message inside another (RFC 6455 §5.4)",
    concat(masked(TEXT, "a", { fin: false }), masked(TEXT, "b")),
    "WS_ERR_INVALID_OPCODE",
    1002,
  ],
  ["a ping of 126 bytes (RFC 6455 §5.5)", masked(PING, Buffer.alloc(126)), "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002],
  ["a fragmented ping (RFC 6455 §5.5)", masked(PING, "a", { fin: false }), "WS_ERR_EXPECTED_FIN", 1002],
  ["a close frame of one byte (RFC 6455 §5.5.1)", masked(CLOSE, "a"), "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code): [string, Uint8Array, string, number] => [
    `the close code ${code} (RFC 6455 §7.4)`,
    masked(CLOSE, closePayload(code)),
    "WS_ERR_INVALID_CLOSE_CODE",
    1002,
  ]),
  ["a close reason that is not UTF-8 (RFC 6455 §8.1)", masked(CLOSE, closePayload(1000, Buffer.from([0xff]))), "WS_ERR_INVALID_UTF8", 1007],
  ["text that is not UTF-8 (RFC 6455 §8.1)", masked(TEXT, Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80])), "WS_ERR_INVALID_UTF8", 1007],
  ["text that ends inside a character (RFC 6455 §8.1)", masked(TEXT, Buffer.from([0x41, 0xe2, 0x82])), "WS_ERR_INVALID_UTF8", 1007],
  [
    "fragments that end inside a character (RFC 6455 §8.1)",
    concat(masked(TEXT, Buffer.from([0xe2]), { fin: false }), masked(0, Buffer.from([0x82]))),
    "WS_ERR_INVALID_UTF8",
    1007,
  ],
  [
    "a message over the limit (RFC 6455 §10.4)",
    masked(BINARY, Buffer.alloc(101)),
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    1009,
    { maxPayloadBytes: 100 },
  ],
  [
    "fragments over the limit together (RFC 6455 §10.4)",
    concat(masked(BINARY, Buffer.alloc(60), { fin: false }), masked(0, Buffer.alloc(41))),
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    1009,
    { maxPayloadBytes: 100 },
  ],
  [
    "more fragments than allowed (RFC 6455 §10.4)",
    concat(masked(BINARY, "a", { fin: false }), masked(0, "", { fin: false }), masked(0, "b")),
    "WS_ERR_TOO_MANY_BUFFERED_PARTS",
    1008,
    { maxFragments: 2 },
  ],
  [
    "more inflated bytes than allowed (RFC 7692 §8.1)",
    masked(BINARY, deflate(Buffer.alloc(101)), { rsv: 4 }),
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    1009,
    { codec: {}, maxPayloadBytes: 100 },
  ],
];

for (const [name, bytes, code, closeCode, options = {}] of faults) {
  test(`${name} fails the connection with ${closeCode}`, () => {
    const outcome = inEverySplit(options, bytes);
    assert.deepEqual(outcome.events, [`Error ${code} ${closeCode}`, "Finish"]);
    assert.equal(outcome.readyState, 2);
    const sent = Buffer.from(outcome.answer, "hex");
    assert.equal(sent[0], 0x88);
    if (options.role !== "client") assert.deepEqual(sent, Buffer.from(frame({ opcode: CLOSE, payload: closePayload(closeCode) })));
  });
}

test("a message that is too long fails at its header, before any payload (RFC 6455 §10.4)", () => {
  const machine = machineOf({ maxPayloadBytes: 1000 });
  machine.receive(masked(BINARY, Buffer.alloc(1001)).slice(0, 4));
  assert.deepEqual(events(machine), ["Error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009", "Finish"]);
});

test("memory grows with what has arrived, not with what a header announces (RFC 6455 §10.4)", () => {
  let largest = 0;
  const watched = {
    ...platform,
    alloc: (size: number) => {
      largest = Math.max(largest, size);
      return platform.alloc(size);
    },
  };
  const machine = machineOf({ platform: watched, maxPayloadBytes: 2 ** 40 });
  machine.receive(concat(masked(BINARY, "", { announced: 2n ** 40n }), Buffer.alloc(1000)));
  assert.deepEqual(events(machine), []);
  assert.ok(largest <= 4096, `${largest} bytes for 1000`);
});

test("text fails at its first wrong byte, inside a frame that has not arrived whole (RFC 6455 §8.1)", () => {
  const bytes = masked(TEXT, Buffer.concat([Buffer.from("κόσμε"), Buffer.from([0xf4, 0x90]), Buffer.alloc(100, 0x41)]));
  const machine = machineOf();
  machine.receive(bytes.slice(0, 6 + 10 + 1));
  assert.deepEqual(events(machine), []);
  machine.receive(bytes.slice(6 + 10 + 1, 6 + 10 + 2));
  assert.deepEqual(events(machine), ["Error WS_ERR_INVALID_UTF8 1007", "Finish"]);
});

test("skipUtf8Validation lets wrong text and reasons pass", () => {
  const machine = machineOf({
    skipUtf8Validation: true,
    platform: { ...platform, decodeUtf8: (bytes) => Buffer.from(bytes).toString("latin1") },
  });
  machine.receive(concat(masked(TEXT, Buffer.from([0xff])), masked(CLOSE, closePayload(1000, Buffer.from([0xfe])))));
  assert.deepEqual(events(machine), ['Text "ÿ"', 'Close 1000 "þ"', "Finish"]);
});

const sizes = [0, 1, 7, 15, 16, 17, 125, 126, 127, 255, 256, 4096, 4097, 65_535, 65_536, 200_000];
for (const size of sizes) {
  test(`a message of ${size} bytes arrives as it was sent, in both directions and forms (RFC 6455 §5.2)`, () => {
    const payload = Uint8Array.from({ length: size }, (_, at) => (at * 7) & 255);
    const text = wellFormed("é€😀a".repeat(size).slice(0, size & ~7));
    for (const [from, to] of [
      ["client", "server"],
      ["server", "client"],
    ] as const) {
      const sender = machineOf({ role: from });
      sender.sendBinary(payload.slice());
      sender.sendText(text);
      assert.deepEqual(inEverySplit({ role: to }, output(sender)).events, [
        `Binary ${Buffer.from(payload).toString("hex")}`,
        `Text ${JSON.stringify(text)}`,
      ]);
    }
  });
}

test("E: an unsolicited pong changes nothing (RFC 6455 §5.5.3)", () => {
  const outcome = inEverySplit({}, concat(masked(PONG, "who asked"), masked(TEXT, "x")));
  assert.deepEqual(outcome, { events: [`Pong ${Buffer.from("who asked").toString("hex")}`, 'Text "x"'], answer: "", readyState: 1 });
});

test("E: data after the peer's close frame is discarded (RFC 6455 §1.4, §5.5.1)", () => {
  const outcome = inEverySplit({}, concat(masked(CLOSE, closePayload(1000, "bye")), masked(TEXT, "late"), masked(3, "wrong")));
  assert.deepEqual(outcome.events, ['Close 1000 "bye"', "Finish"]);
  assert.equal(outcome.answer, Buffer.from(frame({ opcode: CLOSE, payload: closePayload(1000, "bye") })).toString("hex"));
});

test("E: nothing is sent after our own close frame (RFC 6455 §5.5.1)", () => {
  const machine = machineOf({ heartbeat: { intervalMs: 10, timeoutMs: 5 } });
  machine.close(1001, "later", 0);
  const before = output(machine);
  assert.deepEqual(before, Buffer.from(frame({ opcode: CLOSE, payload: closePayload(1001, "later") })));
  assert.equal(machine.sendText("x"), false);
  assert.equal(machine.sendBinary(Buffer.from("x")), false);
  assert.equal(machine.sendPing(), false);
  assert.equal(machine.sendPong(), false);
  assert.equal(machine.beginMessage("text"), false);
  assert.equal(machine.sendFragment("x"), false);
  assert.equal(machine.endMessage(), false);
  assert.equal(machine.sendPrepared(prepareText("x", platform)), false);
  machine.close(1000);
  machine.tick(100);
  machine.receive(concat(masked(PING, "?"), masked(TEXT, "still heard")));
  assert.deepEqual(events(machine), ["Ping 3f", 'Text "still heard"']);
  assert.equal(machine.hasOutput, false);
});

test("F: every client frame has a fresh masking key from the platform (RFC 6455 §5.3)", () => {
  const keys: number[] = [];
  const watched = {
    ...platform,
    randomMask: () => {
      keys.push(platform.randomMask());
      return keys.at(-1) ?? 0;
    },
  };
  const machine = machineOf({ role: "client", platform: watched, fragmentBytes: 3 });
  machine.sendText("hello");
  machine.sendBinary(new Uint8Array(5000));
  machine.sendPing();
  machine.sendPong(Buffer.from("x"));
  machine.sendPrepared(prepareBinary(Buffer.from("shared"), platform));
  machine.beginMessage("text");
  machine.sendFragment("a");
  machine.endMessage("b");
  machine.close(1000);
  const bytes = output(machine);
  const seen: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    assert.equal(bytes.readUInt8(at + 1) & 0x80, 0x80);
    assert.ok((bytes.readUInt8(at + 1) & 127) < 126);
    seen.push(bytes.readUInt32LE(at + 2));
    at += 6 + (bytes.readUInt8(at + 1) & 127);
  }
  assert.deepEqual(seen, keys);
  assert.ok(keys.length > 1670 && new Set(keys).size > keys.length - 3);
});

test("F: the caller's buffer is not masked (RFC 6455 §5.3)", () => {
  const machine = machineOf({ role: "client" });
  for (const size of [10, 5000, 100_000]) {
    const mine = new Uint8Array(size).fill(7);
    machine.sendBinary(mine);
    assert.ok(mine.every((byte) => byte === 7));
  }
});

test("a large unmasked payload leaves uncopied, small frames leave as one segment", () => {
  const machine = machineOf();
  const large = new Uint8Array(100_000);
  for (let at = 0; at < 10; at++) machine.sendText("small");
  machine.sendBinary(large);
  const segments: Uint8Array[] = [];
  machine.takeOutput(segments);
  assert.equal(segments.length, 2);
  assert.equal(segments[1], large);
});

test("every ping is answered in order with its data (RFC 6455 §5.5.2)", () => {
  const outcome = inEverySplit({}, concat(...["", "1", "22", "3".repeat(125)].map((data) => masked(PING, data))));
  const pongs = ["", "1", "22", "3".repeat(125)].map((payload) => Buffer.from(frame({ opcode: PONG, payload })));
  assert.equal(outcome.answer, Buffer.concat(pongs).toString("hex"));
});

test("autoPong and maxPayloadBytes may be changed: the next frame is taken by what they are then", () => {
  const machine = machineOf({ autoPong: false, maxPayloadBytes: 4 });
  machine.receive(concat(masked(PING, "a"), masked(TEXT, "four")));
  assert.deepEqual(events(machine), ["Ping 61", 'Text "four"']);
  machine.autoPong = true;
  machine.maxPayloadBytes = 5;
  machine.receive(concat(masked(PING, "b"), masked(TEXT, "fives"), masked(TEXT, "sixsix")));
  assert.deepEqual(events(machine).slice(0, 3), ["Ping 62", 'Text "fives"', "Error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009"]);
  assert.deepEqual([...output(machine).subarray(0, 3)], [0x8a, 1, 0x62]);
});

test("without autoPong a ping is only reported", () => {
  assert.deepEqual(inEverySplit({ autoPong: false }, masked(PING, "a")), { events: ["Ping 61"], answer: "", readyState: 1 });
});

test("while output is blocked above high water only the newest pong waits (RFC 6455 §5.5.3)", () => {
  const machine = machineOf({ highWaterBytes: 100, lowWaterBytes: 50 });
  machine.sendBinary(new Uint8Array(200));
  machine.takeOutput([]);
  for (const data of ["1", "2", "3"]) machine.receive(masked(PING, data), 1);
  assert.deepEqual(events(machine), ["Ping 31", "Ping 32", "Ping 33"]);
  assert.equal(machine.hasOutput, false);
  machine.written(204);
  assert.deepEqual(output(machine), Buffer.from(frame({ opcode: PONG, payload: "3" })));
});

test("the pong that waited goes out, and Drain comes, when the codec made the queue shorter", () => {
  const machine = machineOf({ highWaterBytes: 100, lowWaterBytes: 50, codec: { thresholdBytes: 0 } });
  assert.equal(machine.sendBinary(new Uint8Array(500)), false);
  machine.receive(masked(PING, "1"));
  assert.equal(machine.next(), Event.Deflate);
  assert.equal(machine.next(), Event.Ping);
  assert.equal(machine.hasOutput, false);
  machine.deflated(new Uint8Array(10));
  assert.deepEqual(events(machine), ["Drain"]);
  assert.deepEqual(output(machine).subarray(12), Buffer.from(frame({ opcode: PONG, payload: "1" })));
});

test("send answers false above high water; Drain comes once at low water", () => {
  const machine = machineOf({ highWaterBytes: 100, lowWaterBytes: 20 });
  assert.equal(machine.sendBinary(new Uint8Array(98)), true);
  assert.equal(machine.sendBinary(new Uint8Array(8)), false);
  assert.equal(machine.bufferedBytes, 110);
  machine.takeOutput([]);
  machine.written(89);
  assert.equal(machine.next(), Event.None);
  machine.written(1);
  assert.deepEqual(events(machine), ["Drain"]);
  machine.written(20);
  assert.deepEqual(events(machine), []);
  assert.equal(machine.bufferedBytes, 0);
});

test("a single message of any size is accepted into an empty queue", () => {
  const machine = machineOf({ highWaterBytes: 10, lowWaterBytes: 0 });
  assert.equal(machine.sendBinary(new Uint8Array(50_000)), false);
  assert.equal(output(machine).length, 50_004);
  assert.deepEqual(events(machine), ["Drain"]);
});

test("written refuses more than was taken, and marks pass when all before them is written", () => {
  const machine = machineOf();
  assert.equal(machine.mark(), 1);
  assert.equal(machine.marksPassed, 1);
  machine.sendText("abc");
  const mark = machine.mark();
  assert.throws(() => machine.written(1), { code: "USAGE_WRITTEN" });
  machine.takeOutput([]);
  machine.written(4);
  assert.equal(machine.marksPassed, 1);
  machine.written(1);
  assert.equal(machine.marksPassed, mark);
});

test("after pause nothing is emitted, the unread rest is kept, and resume goes on with it", () => {
  const machine = machineOf();
  const chunk = concat(masked(TEXT, "one"), masked(TEXT, "two"), masked(TEXT, "three").slice(0, 4));
  machine.receive(chunk);
  assert.equal(machine.next(), Event.Text);
  machine.pause();
  assert.equal(machine.wantsInput, false);
  assert.deepEqual(events(machine), []);
  chunk.fill(0);
  machine.receive(masked(TEXT, "three").slice(4));
  assert.equal(machine.hasEvent, false);
  assert.deepEqual(events(machine), []);
  machine.resume();
  assert.equal(machine.hasEvent, true);
  assert.deepEqual(events(machine), ['Text "two"', 'Text "three"']);
});

test("after terminate only Abort and Closed are emitted, and calls do nothing", () => {
  const machine = machineOf({ codec: { thresholdBytes: 0 } });
  machine.receive(concat(masked(TEXT, "one"), masked(TEXT, "two")));
  assert.equal(machine.next(), Event.Text);
  machine.sendText("waits for the codec");
  machine.terminate();
  assert.equal(machine.readyState, 3);
  assert.deepEqual(events(machine), ["Abort", 'Closed 1006 "" unclean']);
  machine.terminate();
  machine.receive(masked(TEXT, "three"));
  machine.ended();
  machine.lost();
  machine.tick(1e9);
  machine.written(5);
  machine.close(1000);
  assert.equal(machine.sendText("x"), false);
  assert.deepEqual(events(machine), []);
  assert.equal(machine.hasOutput, false);
  assert.equal(machine.deadline, Number.POSITIVE_INFINITY);
});

test("after terminate what was raised before is not emitted, but the end is, once", () => {
  const draining = machineOf({ highWaterBytes: 10, lowWaterBytes: 5 });
  draining.sendBinary(new Uint8Array(20));
  output(draining);
  draining.terminate();
  assert.deepEqual(events(draining), ["Abort", 'Closed 1006 "" unclean']);
  const ended = machineOf();
  ended.ended();
  assert.equal(ended.next(), Event.Finish);
  ended.terminate();
  assert.deepEqual(events(ended), ['Closed 1006 "" unclean']);
});

test("server: after both close frames it finishes first, then waits for the client's end (RFC 6455 §7.1.1)", () => {
  const machine = machineOf({ closeTimeoutMs: 500 });
  machine.close(1000, "done", 10);
  assert.equal(machine.deadline, 510);
  machine.receive(masked(CLOSE, closePayload(1000)), 20);
  assert.deepEqual(events(machine), ['Close 1000 ""', "Finish"]);
  assert.equal(machine.deadline, 520);
  machine.ended();
  assert.equal(machine.hasEvent, true);
  assert.deepEqual(events(machine), ['Closed 1000 "" clean']);
});

test("client: after both close frames it waits for the server's end, then finishes (RFC 6455 §7.1.1)", () => {
  const machine = machineOf({ role: "client" });
  machine.receive(frame({ opcode: CLOSE, payload: closePayload(4321, "why") }), 20);
  assert.deepEqual(events(machine), ['Close 4321 "why"']);
  assert.equal(machine.hasOutput, true);
  machine.ended();
  assert.deepEqual(events(machine), ["Finish", 'Closed 4321 "why" clean']);
});

test("the answer to a close frame without a code has none; the outcome is 1005 (RFC 6455 §7.1.5)", () => {
  const machine = machineOf();
  machine.receive(masked(CLOSE));
  machine.ended();
  assert.deepEqual(events(machine), ['Close 1005 ""', "Finish", 'Closed 1005 "" clean']);
  assert.deepEqual(output(machine), Buffer.from([0x88, 0]));
});

test("the end of the transport without a close frame is 1006 (RFC 6455 §7.1.5)", () => {
  for (const [end, expected] of [
    ["ended", ["Finish", 'Closed 1006 "" unclean']],
    ["lost", ['Closed 1006 "" unclean']],
  ] as const) {
    const machine = machineOf();
    machine.receive(masked(TEXT, "last"));
    machine[end]();
    assert.deepEqual(events(machine), ['Text "last"', ...expected]);
  }
});

test("the end of the transport waits while paused, and for the codec", () => {
  const machine = machineOf({ codec: {} });
  machine.receive(masked(TEXT, deflate(Buffer.from("last")), { rsv: 4 }));
  machine.pause();
  machine.lost();
  assert.deepEqual(events(machine), []);
  machine.resume();
  assert.equal(machine.next(), Event.Inflate);
  assert.equal(machine.next(), Event.None);
  machine.inflated(Buffer.from("last"));
  assert.deepEqual(events(machine), ['Text "last"', 'Closed 1006 "" unclean']);
});

test("a peer that does not finish the closing handshake is dropped after closeTimeoutMs", () => {
  const machine = machineOf({ closeTimeoutMs: 500 });
  machine.close(1000, "", 100);
  machine.tick(599);
  assert.deepEqual(events(machine), []);
  machine.tick(600);
  assert.deepEqual(events(machine), ["Timeout CLOSED_TIMEOUT", "Abort", 'Closed 1006 "" unclean']);
});

test("close without a time asks for a tick at once and counts from there", () => {
  const machine = machineOf({ closeTimeoutMs: 500 });
  machine.close();
  assert.equal(machine.deadline, 0);
  machine.tick(7000);
  assert.equal(machine.deadline, 7500);
});

test("heartbeat: a ping each interval, its pong not reported, the round trip measured (RFC 6455 §5.5.2)", () => {
  const machine = machineOf({ heartbeat: { intervalMs: 100, timeoutMs: 40 } });
  assert.equal(machine.deadline, 100);
  machine.tick(100);
  const ping = output(machine);
  assert.equal(ping.length, 10);
  assert.equal(machine.deadline, 140);
  machine.receive(concat(masked(PONG, ping.subarray(2)), masked(PONG, "12345678")), 112);
  assert.deepEqual(events(machine), [`Pong ${Buffer.from("12345678").toString("hex")}`]);
  assert.equal(machine.roundTripMs, 12);
  assert.equal(machine.deadline, 200);
  machine.tick(200);
  assert.notDeepEqual(output(machine), ping);
});

test("heartbeat: any inbound byte counts as life; silence drops the connection", () => {
  const machine = machineOf({ heartbeat: { intervalMs: 100, timeoutMs: 40 } });
  machine.tick(100);
  machine.receive(Buffer.from([0x81]), 120);
  machine.tick(140);
  assert.deepEqual(events(machine), []);
  machine.tick(200);
  machine.tick(240);
  assert.deepEqual(events(machine), ["Timeout CLOSED_HEARTBEAT", "Abort", 'Closed 1006 "" unclean']);
});

test("heartbeat: with a text each ping is followed by a text message, for pages that see no pings; not while output is blocked", () => {
  const machine = machineOf({ heartbeat: { intervalMs: 100, timeoutMs: 40, text: "heartbeat" }, highWaterBytes: 1000, lowWaterBytes: 0 });
  machine.tick(100);
  const beat = output(machine);
  assert.equal(beat.length, 10 + 2 + 9);
  assert.deepEqual(beat.subarray(10), Buffer.from(frame({ opcode: TEXT, payload: "heartbeat" })));
  machine.sendBinary(Buffer.alloc(2000));
  machine.receive(masked(TEXT, "x"), 120);
  events(machine);
  machine.tick(200);
  assert.equal(output(machine).length, 2004 + 10);
});

test("heartbeat: a text that is a heartbeat, of either side, does not count against the idle time", () => {
  const machine = machineOf({ idleTimeoutMs: 100 });
  machine.receive(masked(TEXT, "HeartBeat"), 60);
  assert.equal(machine.next(), Event.Text);
  machine.discountMessage();
  machine.sendHeartbeat("heartbeat");
  assert.deepEqual(output(machine), Buffer.from(frame({ opcode: TEXT, payload: "heartbeat" })));
  assert.equal(machine.deadline, 100);
  machine.tick(100);
  assert.deepEqual(events(machine), ["Timeout CLOSED_IDLE"]);
});

test("fail: what waits is dropped, the close frame goes out, Finish follows, and nothing more is read (RFC 6455 §7.1.7)", () => {
  const machine = machineOf({ fragmentBytes: 65_536, closeTimeoutMs: 500 });
  machine.sendBinary(Buffer.alloc(10_000_000));
  machine.fail(1008, "too slow", 1000);
  assert.equal(machine.bufferedBytes, 65_536 + 10 + 12);
  machine.receive(masked(TEXT, "unread"));
  assert.deepEqual(events(machine), ["Finish"]);
  const out = output(machine);
  assert.deepEqual(out.subarray(-12), Buffer.from(frame({ opcode: CLOSE, payload: closePayload(1008, "too slow") })));
  assert.equal(machine.sendText("x"), false);
  assert.equal(machine.deadline, 1500);
  machine.fail(1011);
  machine.close(1000);
  assert.equal(output(machine).length, 0);
  machine.ended();
  assert.deepEqual(events(machine), ['Closed 1006 "" unclean']);
});

test("fail: a close code that may not be sent is thrown at the caller (RFC 6455 §7.4)", () => {
  const machine = machineOf();
  assert.throws(() => machine.fail(1005), { code: "USAGE_CLOSE_CODE" });
  assert.equal(machine.readyState, 1);
});

test("heartbeat: while reading is paused silence says nothing", () => {
  const machine = machineOf({ heartbeat: { intervalMs: 100, timeoutMs: 40 } });
  machine.tick(100);
  machine.pause();
  machine.tick(1000);
  assert.deepEqual(events(machine), []);
});

test("idle: no message either way for idleTimeoutMs closes with 1001; pings do not count", () => {
  const machine = machineOf({ idleTimeoutMs: 100 });
  machine.receive(masked(TEXT, "x"), 50);
  events(machine);
  machine.receive(masked(PING, "x"), 140);
  events(machine);
  output(machine);
  machine.tick(149);
  assert.equal(machine.readyState, 1);
  machine.tick(150);
  assert.deepEqual(
    events(machine),
    ["Timeout CLOSED_IDLE 1001"].map((line) => line.replace(" 1001", "")),
  );
  assert.deepEqual(output(machine), Buffer.from(frame({ opcode: CLOSE, payload: closePayload(1001, "idle") })));
});

test("faults of the caller are thrown and change nothing (RFC 6455 §5.5, §7.4)", () => {
  const machine = machineOf();
  const wrong: [() => unknown, string][] = [
    ...[999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN].map((code): [() => unknown, string] => [
      () => machine.close(code),
      "USAGE_CLOSE_CODE",
    ]),
    [() => machine.close(1000, "€".repeat(42)), "USAGE_CLOSE_REASON"],
    [() => machine.close(undefined, "x"), "USAGE_CLOSE_REASON_WITHOUT_CODE"],
    [() => machine.sendPing(new Uint8Array(126)), "USAGE_CONTROL_PAYLOAD"],
    [() => machine.sendPong(new Uint8Array(126)), "USAGE_CONTROL_PAYLOAD"],
    [() => machine.sendFragment("x"), "USAGE_NO_MESSAGE"],
    [() => machine.endMessage(), "USAGE_NO_MESSAGE"],
    [() => machine.inflated(new Uint8Array(1)), "USAGE_NOT_WAITING"],
    [() => machine.deflated(new Uint8Array(1)), "USAGE_NOT_WAITING"],
    [() => machineOf({ maxPayloadBytes: 0 }), "USAGE_OPTION"],
    [() => machineOf({ lowWaterBytes: 2, highWaterBytes: 1 }), "USAGE_OPTION"],
  ];
  for (const [call, code] of wrong) assert.throws(call, (error) => error instanceof UsageError && error.code === code, code);
  assert.equal(machine.readyState, 1);
  assert.equal(machine.hasOutput, false);
  machine.close(1000, "€".repeat(41));
  assert.equal(output(machine).length, 127);
});

test("streaming: a message comes as start, data as it arrives, end (RFC 6455 §5.4)", () => {
  const options = { streaming: true };
  const bytes = concat(
    masked(TEXT, "ab", { fin: false }),
    masked(0, "", { fin: false }),
    masked(PING),
    masked(0, "€"),
    masked(BINARY),
    masked(BINARY, "z"),
  );
  const outcome = inEverySplit(options, bytes);
  assert.deepEqual(outcome.events, [
    "MessageStart text",
    "MessageData 6162",
    "Ping ",
    "MessageData e282ac",
    "MessageEnd",
    "MessageStart binary",
    "MessageEnd",
    "MessageStart binary",
    "MessageData 7a",
    "MessageEnd",
  ]);
  const machine = machineOf(options);
  machine.receive(masked(BINARY, "abcdef").slice(0, 9));
  assert.deepEqual(events(machine), ["MessageStart binary", "MessageData 616263"]);
});

test("streaming: compressed messages come inflated, and text is still checked (RFC 7692 §7.2.2)", () => {
  const good = masked(TEXT, deflate(Buffer.from("hello")), { rsv: 4 });
  assert.deepEqual(inEverySplit({ streaming: true, codec: {} }, good).events, [
    "MessageStart text",
    "MessageData 68656c6c6f",
    "MessageEnd",
  ]);
  const bad = inEverySplit({ streaming: true, codec: {} }, masked(TEXT, deflate(Buffer.from([0xff])), { rsv: 4 }));
  assert.deepEqual(bad.events, ["MessageStart text", "Error WS_ERR_INVALID_UTF8 1007", "Finish"]);
});

test("keepFragments: a message comes as the payloads of its frames", () => {
  const machine = machineOf({ keepFragments: true });
  const bytes = concat(masked(BINARY, "ab", { fin: false }), masked(0, "", { fin: false }), masked(0, "cd"), masked(TEXT, "€"));
  for (const byte of bytes) {
    machine.receive(Uint8Array.of(byte));
    const kind = machine.next();
    if (kind === Event.Binary)
      assert.deepEqual(
        machine.fragments?.map((part) => Buffer.from(part).toString()),
        ["ab", "cd"],
      );
    if (kind === Event.Text) assert.equal(machine.text(), "€");
  }
  assert.deepEqual(inEverySplit({ keepFragments: true }, bytes).events, ["Binary 61626364", 'Text "€"']);
});

test("a message of 16 MiB and one of 65,600 fragments arrive when the limits allow it (RFC 6455 §5.4)", () => {
  const options = { maxPayloadBytes: 2 ** 25, maxFragments: 70_000 };
  const machine = machineOf(options);
  const large = masked(BINARY, Buffer.alloc(2 ** 24, 1));
  for (let at = 0; at < large.length; at += 65_536) {
    machine.receive(large.slice(at, at + 65_536));
    if (machine.next() === Event.Binary) assert.equal(machine.data.length, 2 ** 24);
  }
  machine.receive(
    concat(masked(BINARY, "a", { fin: false }), ...Array.from({ length: 65_599 }, (_, at) => masked(0, "b", { fin: at === 65_598 }))),
  );
  assert.equal(machine.next(), Event.Binary);
  assert.equal(machine.data.length, 65_600);
  assert.equal(machine.owned, true);
});

test("owned is false for a view into the chunk and true for memory of its own", () => {
  const machine = machineOf();
  const chunk = masked(BINARY, "abc");
  machine.receive(chunk);
  assert.equal(machine.next(), Event.Binary);
  assert.equal(machine.owned, false);
  assert.equal(machine.data.buffer, chunk.buffer);
});

test("fragmentBytes: a large message leaves as fragments with control frames between, and later messages behind it (RFC 6455 §5.4)", () => {
  const machine = machineOf({ fragmentBytes: 40_000 });
  const large = new Uint8Array(150_000).map((_, at) => at & 255);
  machine.sendBinary(large);
  machine.sendText("after");
  const mark = machine.mark();
  machine.sendPing(Buffer.from("between"));
  const chunks: Buffer[] = [];
  while (machine.hasOutput) {
    assert.ok(machine.marksPassed < mark);
    const segments: Uint8Array[] = [];
    const bytes = machine.takeOutput(segments);
    assert.ok(bytes <= 65_536 + 64);
    chunks.push(Buffer.concat(segments));
    machine.written(bytes);
  }
  assert.equal(machine.marksPassed, mark);
  const receiver = machineOf({ role: "client" });
  receiver.receive(Buffer.concat(chunks));
  assert.deepEqual(events(receiver), [
    `Ping ${Buffer.from("between").toString("hex")}`,
    `Binary ${Buffer.from(large).toString("hex")}`,
    'Text "after"',
  ]);
});

test("fragmentBytes: close waits for the message before it", () => {
  const machine = machineOf({ fragmentBytes: 1000, highWaterBytes: 10 });
  machine.sendBinary(new Uint8Array(100_000));
  machine.close(1000, "", 1);
  const chunks: Buffer[] = [];
  while (machine.hasOutput) chunks.push(output(machine));
  const receiver = machineOf({ role: "client" });
  receiver.receive(Buffer.concat(chunks));
  assert.equal(events(receiver).at(-1), 'Close 1000 ""');
  assert.equal(machine.bufferedBytes, 0);
});

test("a streamed message leaves in fragments; other messages wait behind it, pings do not (RFC 6455 §5.4)", () => {
  const machine = machineOf();
  machine.beginMessage("text");
  machine.sendFragment("one ");
  machine.sendText("second message");
  const mark = machine.mark();
  machine.sendPing();
  machine.sendFragment("");
  machine.sendFragment(Buffer.from("two "));
  assert.throws(() => machine.beginMessage("binary"), { code: "USAGE_MESSAGE_OPEN" });
  machine.endMessage("three");
  const bytes = output(machine);
  assert.equal(machine.marksPassed, mark);
  assert.equal(bytes[0], 0x01);
  assert.deepEqual(inEverySplit({ role: "client" }, bytes).events, ["Ping ", 'Text "one two three"', 'Text "second message"']);
});

test("a streamed message may be empty, and close may cut one off (RFC 6455 §5.4, §5.5.1)", () => {
  const empty = machineOf();
  empty.beginMessage("binary");
  empty.endMessage();
  assert.deepEqual(output(empty), Buffer.from([0x82, 0]));
  const open = machineOf();
  open.beginMessage("text");
  open.sendFragment("a");
  open.sendText("never sent");
  open.close(1001);
  assert.deepEqual(
    output(open),
    Buffer.concat([frame({ opcode: TEXT, fin: false, payload: "a" }), frame({ opcode: CLOSE, payload: closePayload(1001) })]),
  );
  assert.equal(open.bufferedBytes, 0);
});

test("codec: outbound order holds while the codec takes its time, control frames pass (RFC 7692 §6)", () => {
  const machine = machineOf({ codec: { thresholdBytes: 5 } });
  machine.sendText("compressed 1");
  machine.sendText("tiny");
  machine.sendBinary(Buffer.from("compressed 2"));
  machine.sendPing();
  machine.close(1000);
  assert.deepEqual(output(machine), Buffer.from([0x89, 0]));
  assert.equal(machine.next(), Event.Deflate);
  const first = Buffer.from(machine.data);
  assert.equal(machine.final, true);
  assert.equal(machine.next(), Event.None);
  assert.equal(machine.hasEvent, false);
  machine.deflated(deflate(first));
  const bytes = [output(machine)];
  assert.equal(machine.next(), Event.Deflate);
  machine.deflated(deflate(Buffer.from(machine.data)));
  bytes.push(output(machine));
  const all = Buffer.concat(bytes);
  assert.equal(all[0], 0xc1);
  const receiver = machineOf({ role: "client", codec: {} });
  receiver.receive(all);
  assert.deepEqual(events(receiver), [
    'Text "compressed 1"',
    'Text "tiny"',
    `Binary ${Buffer.from("compressed 2").toString("hex")}`,
    'Close 1000 ""',
  ]);
  assert.equal(machine.bufferedBytes, 0);
});

test("codec: while inflating nothing further is parsed, and the chunk's rest is kept (RFC 7692 §7.2.2)", () => {
  const machine = machineOf({ codec: {} });
  const chunk = concat(
    masked(TEXT, deflate(Buffer.from("one")), { rsv: 4 }),
    masked(TEXT, "two"),
    masked(TEXT, deflate(Buffer.from("three")), { rsv: 4 }),
  );
  machine.receive(chunk);
  assert.equal(machine.next(), Event.Inflate);
  assert.equal(machine.final, true);
  assert.equal(machine.limit, 100 * 1024 * 1024);
  assert.equal(machine.next(), Event.None);
  assert.equal(machine.wantsInput, false);
  chunk.fill(0);
  machine.receive(masked(PING, "x"));
  assert.equal(machine.next(), Event.None);
  machine.inflated(Buffer.from("one"));
  assert.deepEqual(events(machine), ['Text "one"', 'Text "two"', 'Text "three"', "Ping 78"]);
});

test("codec: fragments of a compressed message, control frames between, and what a stream sends (RFC 7692 §6.1, §7.2)", () => {
  const whole = deflate(Buffer.from("hello, hello, hello"));
  const parts = cut(whole, [3, 5]);
  const bytes = concat(
    masked(TEXT, parts[0], { rsv: 4, fin: false }),
    masked(PING),
    masked(0, parts[1], { fin: false }),
    masked(0, parts[2], { fin: false }),
    masked(0),
  );
  assert.deepEqual(inEverySplit({ codec: {} }, bytes).events, ["Ping ", 'Text "hello, hello, hello"']);
  const sender = machineOf({ codec: {} });
  sender.beginMessage("text");
  sender.endMessage("streamed");
  assert.deepEqual(events(sender), []);
  const sent = output(sender);
  assert.equal(sent[0], 0xc1);
  assert.deepEqual(inEverySplit({ role: "client", codec: {} }, sent).events, ['Text "streamed"']);
});

test("codec: data that is not deflate fails with 1007, too much of it with 1009 (RFC 7692 §7.2.2)", () => {
  for (const [why, line] of [
    ["data", "Error WS_ERR_INVALID_COMPRESSED_DATA 1007"],
    ["limit", "Error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009"],
  ] as const) {
    const machine = machineOf({ codec: {} });
    machine.receive(masked(TEXT, "xxx", { rsv: 4 }));
    assert.equal(machine.next(), Event.Inflate);
    machine.inflateFailed(why);
    assert.deepEqual(events(machine), [line, "Finish"]);
  }
});

test("codec: an answer that comes after the end is ignored", () => {
  const machine = machineOf({ codec: { thresholdBytes: 0 } });
  machine.sendText("x");
  machine.receive(masked(TEXT, "xxx", { rsv: 4 }));
  assert.equal(machine.next(), Event.Deflate);
  assert.equal(machine.next(), Event.Inflate);
  machine.terminate();
  machine.deflated(Buffer.from("late"));
  machine.inflated(Buffer.from("late"));
  assert.deepEqual(events(machine), ["Abort", 'Closed 1006 "" unclean']);
  assert.equal(machine.hasOutput, false);
});

test("codec: a fault drops what waits, so that the close frame goes out at once (RFC 6455 §7.1.7)", () => {
  const machine = machineOf({ codec: { thresholdBytes: 0 } });
  machine.sendText("x");
  assert.equal(machine.next(), Event.Deflate);
  machine.receive(masked(3));
  assert.deepEqual(events(machine), ["Error WS_ERR_INVALID_OPCODE 1002", "Finish"]);
  assert.deepEqual(output(machine), Buffer.from([0x88, 2, 3, 0xea]));
  machine.deflated(Buffer.from("late"));
  assert.equal(machine.hasOutput, false);
});

test("prepared frames go to many receivers from one memory; small ones join into one segment", () => {
  const text = prepareText("für alle", platform);
  const slabs = new Slabs(platform);
  const receivers = [machineOf({ slabs }), machineOf({ slabs })];
  for (const machine of receivers) {
    machine.sendPrepared(text);
    const segments: Uint8Array[] = [];
    machine.written(machine.takeOutput(segments));
    assert.deepEqual(segments, [text.frame]);
    assert.equal(segments[0], text.frame);
    for (let at = 0; at < 5; at++) machine.sendPrepared(text);
    const many: Uint8Array[] = [];
    machine.takeOutput(many);
    assert.equal(many.length, 1);
    assert.equal(machine.bufferedBytes, 5 * text.frame.length);
    assert.deepEqual(
      inEverySplit({ role: "client" }, many[0] ?? new Uint8Array(0)).events,
      Array.from({ length: 5 }, () => 'Text "für alle"'),
    );
  }
  const deflated = withDeflated(text, deflate(text.payload), platform);
  const plain = machineOf();
  const compressing = machineOf({ codec: {} });
  for (const machine of [plain, compressing]) machine.sendPrepared(deflated, true);
  assert.equal(output(plain)[0], 0x81);
  const bytes = output(compressing);
  assert.equal(bytes[0], 0xc1);
  assert.deepEqual(inEverySplit({ role: "client", codec: {} }, bytes).events, ['Text "für alle"']);
});

test("property: what one side sends in any order and cut the other receives (RFC 6455 §5, RFC 7692)", () => {
  const message = fc.oneof(
    fc.record({ kind: fc.constant("text" as const), text: fc.string({ unit: "grapheme", maxLength: 300 }) }),
    fc.record({ kind: fc.constant("binary" as const), bytes: fc.uint8Array({ maxLength: 9000 }) }),
    fc.record({ kind: fc.constant("ping" as const), bytes: fc.uint8Array({ maxLength: 125 }) }),
    fc.record({ kind: fc.constant("stream" as const), parts: fc.array(fc.string({ maxLength: 40 }), { maxLength: 5 }) }),
  );
  const options = fc.record({
    fragmentBytes: fc.constantFrom(Number.POSITIVE_INFINITY, 1, 50, 1000),
    compress: fc.boolean(),
    fromClient: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 12 }),
      options,
      fc.infiniteStream(fc.integer({ min: 1, max: 2000 })),
      (messages, how, steps) => {
        const codec = how.compress ? { thresholdBytes: 20 } : undefined;
        const sender = machineOf({ role: how.fromClient ? "client" : "server", fragmentBytes: how.fragmentBytes, codec });
        const receiver = new Machine({ role: how.fromClient ? "server" : "client", platform, now: 0, codec });
        const expected: string[] = [];
        const pings: string[] = [];
        for (const item of messages) {
          if (item.kind === "text") {
            sender.sendText(item.text);
            expected.push(`Text ${JSON.stringify(wellFormed(item.text))}`);
          } else if (item.kind === "binary") {
            sender.sendBinary(item.bytes);
            expected.push(`Binary ${Buffer.from(item.bytes).toString("hex")}`);
          } else if (item.kind === "ping") {
            sender.sendPing(item.bytes);
            pings.push(`Ping ${Buffer.from(item.bytes).toString("hex")}`);
          } else {
            sender.beginMessage("text", false);
            for (const part of item.parts) sender.sendFragment(part);
            sender.endMessage();
            expected.push(`Text ${JSON.stringify(item.parts.join(""))}`);
          }
        }
        const sent: Buffer[] = [];
        do {
          events(sender);
          sent.push(output(sender));
        } while (sender.hasOutput || sender.hasEvent);
        const all = Buffer.concat(sent);
        const got: string[] = [];
        for (let at = 0; at < all.length; ) {
          const step = steps.next().value;
          receiver.receive(Uint8Array.from(all.subarray(at, at + step)));
          got.push(...events(receiver));
          at += step;
        }
        assert.deepEqual(
          got.filter((line) => !line.startsWith("Ping")),
          expected,
        );
        assert.deepEqual(
          got.filter((line) => line.startsWith("Ping")),
          pings,
        );
        assert.equal(sender.bufferedBytes, 0);
      },
    ),
    { numRuns: 150 },
  );
});

test("property: any bytes give events and an end, never a throw, and the same in every split (RFC 6455 §5)", () => {
  const bytes = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc
        .tuple(fc.integer({ min: 0, max: 15 }), fc.boolean(), fc.uint8Array({ maxLength: 200 }))
        .map(([opcode, fin, payload]) => masked(opcode, payload, { fin })),
      fc.constantFrom(0, 1, 2, 8, 9, 10).map((opcode) => masked(opcode, closePayload(1000, "x"), { fin: opcode > 2 })),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(bytes, (parts) => void inEverySplit({}, concat(...parts), false)),
    { numRuns: 300 },
  );
});

test("property: calls in any order never throw after the end, and Closed comes exactly once (R23)", () => {
  const call = fc.constantFrom(
    "text",
    "binary",
    "ping",
    "begin",
    "close",
    "terminate",
    "ended",
    "lost",
    "pause",
    "resume",
    "tick",
    "peer",
    "peerClose",
    "peerWrong",
    "write",
  );
  fc.assert(
    fc.property(fc.array(call, { maxLength: 30 }), (calls) => {
      const machine = machineOf({
        highWaterBytes: 50,
        lowWaterBytes: 10,
        heartbeat: { intervalMs: 20, timeoutMs: 10 },
        closeTimeoutMs: 30,
      });
      let now = 0;
      let open = false;
      const seen: string[] = [];
      const act: Record<string, () => void> = {
        text: () => machine.sendText("x".repeat(30)),
        binary: () => machine.sendBinary(new Uint8Array(20)),
        ping: () => machine.sendPing(),
        begin: () => {
          if (!open) machine.beginMessage("text");
          open = true;
        },
        close: () => machine.close(1000, "", now),
        terminate: () => machine.terminate(),
        ended: () => machine.ended(),
        lost: () => machine.lost(),
        pause: () => machine.pause(),
        resume: () => machine.resume(),
        tick: () => machine.tick((now += 9)),
        peer: () => machine.receive(masked(TEXT, "hello"), now),
        peerClose: () => machine.receive(masked(CLOSE, closePayload(1000)), now),
        peerWrong: () => machine.receive(masked(3, "?"), now),
        write: () => void output(machine),
      };
      for (const name of calls) {
        act[name]?.();
        seen.push(...events(machine));
        assert.equal(machine.hasEvent, false, name);
      }
      machine.resume();
      machine.lost();
      seen.push(...events(machine));
      const closed = seen.filter((line) => line.startsWith("Closed"));
      assert.equal(closed.length, 1, seen.join("; "));
      assert.equal(seen.at(-1), closed[0]);
      assert.ok(seen.filter((line) => line === "Finish").length <= 1);
      assert.equal(machine.readyState, 3);
    }),
    { numRuns: 500 },
  );
});

test("KEY of the tests has its top bit set, so that keys as signed numbers are tried", () => assert.ok(KEY[3] > 127));
