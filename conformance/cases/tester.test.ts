// The tester itself: every kind of fault that it looks for is put before it by an endpoint that has just that fault.
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import type { Agent } from "./agents.ts";
import { cases } from "./cases.ts";
import { answerFault, Codec } from "./deflate.ts";
import { encodeFrame, type Frame, FrameReader, Opcode } from "./frames.ts";
import { answerText, readHead } from "./opening.ts";
import { runCase, type Verdict } from "./runner.ts";

type React = (frame: Frame, socket: Socket) => Buffer | undefined;

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** An echo server that is right in everything but what `react` does by itself. */
function serverWith(react: React, answer: Record<string, string | undefined> = {}): Agent {
  const server = createServer((socket) => void serve(socket));
  servers.push(server);
  async function serve(socket: Socket): Promise<void> {
    socket.on("error", () => {});
    const head = await readHead(socket, 12_000);
    if (head === undefined) return;
    socket.write(answerText(head, answer));
    const reader = new FrameReader();
    socket.on("data", (chunk: Buffer) => {
      reader.add(chunk);
      for (let frame = reader.take(); frame !== undefined; frame = reader.take()) {
        if (!socket.writable) return;
        socket.write(react(frame, socket) ?? right(frame, socket));
        if (frame.opcode === Opcode.close) socket.end();
      }
    });
    socket.resume();
  }
  return {
    name: "faulty",
    serve: () => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))),
    report: () => undefined,
    connect: () => assert.fail("only a server"),
    stop: () => Promise.resolve(),
  };
}

function right(frame: Frame, socket: Socket): Buffer {
  const { fin, payload } = frame;
  if (frame.opcode === Opcode.pong) return Buffer.alloc(0);
  if (frame.rsv === 0) return encodeFrame({ opcode: frame.opcode === Opcode.ping ? Opcode.pong : frame.opcode, fin, payload }, false);
  socket.end(encodeFrame({ opcode: Opcode.close, payload: Buffer.from([3, 234]) }, false));
  return Buffer.alloc(0);
}

const when =
  (opcode: number, react: (payload: Buffer) => Parameters<typeof encodeFrame>[0]): React =>
  (frame) =>
    frame.opcode === opcode ? encodeFrame(react(frame.payload), false) : undefined;
const cut: React = (frame, socket) => {
  if (frame.opcode === Opcode.close) socket.resetAndDestroy();
  return undefined;
};
const hello = "2.2";
const text12 = "1.1.4";

/** [the fault, who has it, case, what is said about it] */
const faults: readonly [string, React, string, Verdict, RegExp | undefined][] = [
  ["no fault", () => undefined, text12, "OK", undefined],
  ["no fault in a failure", () => undefined, "3.1.8", "OK", undefined],
  [
    "an echo with another byte",
    when(Opcode.text, (payload) => ({ opcode: 1, payload: payload.map((byte) => byte ^ 1) })),
    text12,
    "failed",
    /differs/,
  ],
  ["an echo that is too short", when(Opcode.text, (payload) => ({ opcode: 1, payload: payload.subarray(1) })), text12, "failed", /differs/],
  ["an echo of another type", when(Opcode.text, (payload) => ({ opcode: 2, payload })), text12, "failed", /came as binary/],
  [
    "masked frames",
    when(Opcode.text, (payload) => ({ opcode: 1, payload, wrongMask: true })),
    text12,
    "failed",
    /server's frame is masked/,
  ],
  ["lengths in too many bits", when(Opcode.text, (payload) => ({ opcode: 1, payload, lengthBits: 64 })), text12, "failed", /in 64 bits/],
  ["reserved bits", when(Opcode.text, (payload) => ({ opcode: 1, payload, rsv: 4 })), text12, "failed", /reserved bits 4/],
  ["a reserved opcode", when(Opcode.text, (payload) => ({ opcode: 3, payload })), text12, "failed", /opcode 3 is reserved/],
  ["text that is not UTF-8", when(Opcode.text, () => ({ opcode: 1, payload: Buffer.from([255]) })), text12, "failed", /not UTF-8/],
  [
    "a pong with other data",
    when(Opcode.ping, () => ({ opcode: 10, payload: Buffer.from("?") })),
    hello,
    "failed",
    /pong's payload differs/,
  ],
  [
    "a fragmented pong",
    when(Opcode.ping, (payload) => ({ opcode: 10, payload, fin: false })),
    hello,
    "failed",
    /control frame is fragmented/,
  ],
  ["a pong of 126 bytes", when(Opcode.ping, () => ({ opcode: 10, payload: Buffer.alloc(126) })), hello, "failed", /126 bytes/],
  [
    "an echo in place of a failure",
    when(Opcode.text, (payload) => ({ opcode: 1, payload })),
    "3.1.8",
    "failed",
    /instead of a close frame/,
  ],
  ["another close code", when(Opcode.close, () => ({ opcode: 8, payload: Buffer.from([3, 233]) })), "7.1.1", "failed", /1001, not 1000/],
  ["a close code that is local only", when(Opcode.close, () => ({ opcode: 8, payload: Buffer.from([3, 237]) })), "7.1.1", "failed", /1005/],
  ["a reset for an answer to the close frame", cut, "7.1.1", "failed", /instead of a close frame/],
  [
    "a code for an empty close frame",
    when(Opcode.close, () => ({ opcode: 8, payload: Buffer.from([3, 232]) })),
    "7.1.2",
    "non-strict",
    /1000/,
  ],
];

for (const [fault, react, id, verdict, why] of faults) {
  test(`the tester notices ${fault} in an echo server`, async () => {
    const each = cases.find((each) => each.id === id) ?? assert.fail(id);
    const result = await runCase(each, "server", serverWith(react));
    assert.equal(result.verdict, verdict, result.why);
    if (why) assert.match(result.why, why);
  });
}

test("the tester notices frames after a close frame", async () => {
  const late = encodeFrame({ opcode: 1, payload: Buffer.from("late") }, false);
  const agent = serverWith((frame, socket) => (frame.opcode === Opcode.close ? Buffer.concat([right(frame, socket), late]) : undefined));
  const result = await runCase(cases.find((each) => each.id === "7.1.1") ?? assert.fail(), "server", agent);
  assert.match(result.why, /after the close frame/);
});

test("the tester notices a wrong accept value and an extension that nobody asked for", async () => {
  const each = cases.find((each) => each.id === "10.2.1") ?? assert.fail();
  const wrong = serverWith(() => undefined, { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Extensions": "x" });
  assert.match((await runCase(each, "server", wrong)).why, /sec-websocket-extensions.*accept value/);
});

test("the tester holds answers to compression offers against RFC 7692 §7.1", () => {
  const rows: [string, string, boolean][] = [
    ["permessage-deflate", "permessage-deflate", true],
    ["permessage-deflate", "permessage-deflate; client_no_context_takeover", true],
    ["permessage-deflate", "permessage-deflate; server_max_window_bits=10", true],
    ["permessage-deflate", "permessage-deflate; client_max_window_bits=10", false],
    ["permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=10", true],
    ["permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=10", false],
    ["permessage-deflate; server_max_window_bits=9", "permessage-deflate", false],
    ["permessage-deflate; server_no_context_takeover", "permessage-deflate", false],
    ["permessage-deflate; server_no_context_takeover, permessage-deflate", "permessage-deflate", true],
    ["permessage-deflate", "permessage-deflate; unknown", false],
    ["permessage-deflate", "other", false],
  ];
  for (const [offer, answer, good] of rows) assert.equal(answerFault(offer, answer) === "", good, `${offer} / ${answer}`);
});

test("the tester notices a reference beyond the window that was agreed on", () => {
  const noise = Buffer.from(Array.from({ length: 600 }, (_, index) => (index * index * 31 + (index >> 3) * 97) & 255));
  const packed = new Codec(15, true).deflate(Buffer.concat([noise, noise]));
  assert.equal(new Codec(15, true).inflate(packed).length, 1200);
  assert.throws(() => new Codec(9, true).inflate(packed), /distance/);
});
