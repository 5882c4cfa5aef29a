import assert from "node:assert/strict";
import { test } from "node:test";
import { Event, Machine } from "@openline/protocol";
import { type FrameList, readFrame, sendFrameList, writeFrame } from "../src/frame-list.ts";
import { platform } from "../src/platform.ts";
import { ws } from "./fixtures/npm-ws.ts";

const sizes = [0, 1, 125, 126, 65_535, 65_536] as const;

for (const size of sizes) {
  test(`an unmasked frame of ${size} bytes is the one that ws builds (RFC 6455 §5.2)`, () => {
    const payload = Buffer.alloc(size, 7);
    for (const options of [{ opcode: 1 }, { opcode: 2, fin: false }, { opcode: 2, rsv1: true }]) {
      const all = { fin: true, rsv1: false, mask: false, readOnly: false, ...options };
      assert.deepEqual(Buffer.concat(writeFrame(payload, all)), Buffer.concat(ws.Sender.frame(payload, all)));
    }
  });

  test(`a masked frame of ${size} bytes is one buffer, and is read back (RFC 6455 §5.3)`, () => {
    const payload = Buffer.alloc(size, 7);
    const list = writeFrame(payload, { opcode: 2, mask: true });
    assert.equal(list.length, 1);
    assert.deepEqual(readFrame(list), { opcode: 2, fin: true, rsv1: false, payload });
  });
}

test("generateMask supplies the masking key", () => {
  const options = {
    opcode: 1,
    fin: true,
    rsv1: false,
    mask: true,
    readOnly: true,
    generateMask: (mask: Buffer) => mask.set([1, 2, 3, 4]),
  };
  const payload = Buffer.from("hello");
  assert.deepEqual(Buffer.concat(writeFrame(payload, options)), Buffer.concat(ws.Sender.frame(payload, options)));
  assert.equal(payload.toString(), "hello");
});

test("a header that does not fit its payload is refused with both lengths", () => {
  assert.throws(() => readFrame([Buffer.from([0x81])]), { message: "A frame needs a header: only 1 bytes were given" });
  assert.throws(() => readFrame([Buffer.from([0x81, 3]), Buffer.from("four")]), {
    message: "The frame's header says 3 bytes of payload, 4 were given",
  });
});

const lists: readonly (readonly [name: string, list: FrameList, wire: string])[] = [
  ["text", [Buffer.from([0x81, 2]), "hi"], "81026869"],
  ["binary", [Buffer.from([0x82, 2]), Buffer.from("hi")], "82026869"],
  ["a masked frame", writeFrame(Buffer.from("hi"), { opcode: 2, mask: true }), "82026869"],
  ["a first fragment", [Buffer.from([0x01, 1]), "h"], "010168"],
  ["a ping", [Buffer.from([0x89, 1]), "p"], "890170"],
  ["a pong", [Buffer.from([0x8a, 0])], "8a00"],
];

function machineOf(role: "server" | "client"): Machine {
  return new Machine({ role, platform, now: 0 });
}

function output(machine: Machine): Uint8Array {
  const segments: Uint8Array[] = [];
  machine.takeOutput(segments);
  return Buffer.concat(segments);
}

for (const [name, list, wire] of lists) {
  test(`a server sends ${name} as it is`, () => {
    const machine = machineOf("server");
    sendFrameList(machine, list);
    assert.equal(Buffer.from(output(machine)).toString("hex"), wire);
  });
}

test("a client masks each frame with a key of its own, whatever the list says (RFC 6455 §5.3)", () => {
  const machine = machineOf("client");
  const list = [Buffer.from([0x81, 2]), "hi"];
  sendFrameList(machine, list);
  sendFrameList(machine, list);
  const peer = machineOf("server");
  peer.receive(output(machine));
  const texts: string[] = [];
  while (peer.next() === Event.Text) texts.push(peer.text());
  assert.deepEqual(texts, ["hi", "hi"]);
});

test("one list sent to many is read once and left as it was", () => {
  const list = Object.freeze([Buffer.from([0x81, 2]), "hi"]);
  for (let i = 0; i < 3; i++) assert.equal(sendFrameList(machineOf("server"), list), sendFrameList(machineOf("server"), list));
});
