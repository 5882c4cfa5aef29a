import assert from "node:assert/strict";
import test from "node:test";
import type { RsvBit } from "../../src/extension/message-extension.ts";
import { Machine } from "../../src/machine.ts";
import type { EventKind } from "../../src/machine-types.ts";
import { Event } from "../../src/machine-types.ts";
import { prepareText, withDeflated } from "../../src/prepared.ts";
import { platform } from "../node-platform.ts";

const machineWith = (rsv: RsvBit | undefined): Machine =>
  new Machine({ role: "server", platform, now: 0, codec: { rsv, thresholdBytes: 3 } });

/** A masked frame with the key 0, so that the payload stands in it as it is. */
const frame = (first: number, payload: string): Uint8Array =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);

function output(machine: Machine): string {
  const segments: Uint8Array[] = [];
  machine.written(machine.takeOutput(segments));
  return Buffer.concat(segments).toString("hex");
}

const bits: readonly RsvBit[] = [0x40, 0x20, 0x10];

for (const bit of bits) {
  test(`an extension may claim the bit 0x${bit.toString(16)}: it marks what goes through its codec, both ways (RFC 6455 §5.2, §9)`, () => {
    const machine = machineWith(bit);
    machine.receive(frame(0x81 | bit, "in"));
    assert.equal(machine.next(), Event.Inflate);
    assert.equal(Buffer.from(machine.data).toString(), "in");
    machine.inflated(Buffer.from("inflated"));
    assert.equal(machine.next(), Event.Text);
    assert.equal(machine.text(), "inflated");
    machine.sendText("sent");
    assert.equal(machine.next(), Event.Deflate);
    machine.deflated(Buffer.from("x"));
    machine.sendText("s");
    assert.equal(output(machine), `${(0x81 | bit).toString(16)}0178810173`);
  });

  for (const other of bits.filter((each) => each !== bit)) {
    test(`the bit 0x${other.toString(16)} fails the connection when only 0x${bit.toString(16)} is claimed (RFC 6455 §5.2)`, () => {
      const machine = machineWith(bit);
      machine.receive(frame(0x81 | other, "in"));
      assert.equal(machine.next(), Event.Error);
      assert.equal(machine.error?.code, other === 0x40 ? "WS_ERR_UNEXPECTED_RSV_1" : "WS_ERR_UNEXPECTED_RSV_2_3");
    });
  }

  test(`the bit 0x${bit.toString(16)} on a control frame or a continuation fails the connection (RFC 7692 §6.1)`, () => {
    for (const frames of [[frame(0x89 | bit, "ping")], [frame(0x01, "a"), frame(0x80 | bit, "b")]]) {
      const machine = machineWith(bit);
      for (const each of frames) machine.receive(each);
      let kind: EventKind = machine.next();
      assert.equal(kind, Event.Error);
      kind = machine.next();
      assert.equal(kind, Event.Finish);
    }
  });
}

test("after a prepared compressed frame the next Deflate is fresh, those before and behind it are not (RFC 7692 §7.2.1)", () => {
  const machine = machineWith(undefined);
  const prepared = withDeflated(prepareText("prepared", platform), Buffer.from("p"), platform);
  machine.sendText("first");
  machine.sendPrepared(prepared, true);
  machine.sendText("second");
  machine.sendText("third");
  const fresh: boolean[] = [];
  for (let kind = machine.next(); kind === Event.Deflate; kind = machine.next()) {
    fresh.push(machine.fresh);
    machine.deflated(Buffer.from(String(fresh.length)));
  }
  assert.deepEqual(fresh, [false, true, false]);
  assert.equal(output(machine), "c10131c10170c10132c10133");
});

test("a prepared frame that leaves uncompressed changes no context", () => {
  const machine = machineWith(undefined);
  machine.sendPrepared(prepareText("prepared", platform), true);
  machine.sendText("message");
  assert.equal(machine.next(), Event.Deflate);
  assert.equal(machine.fresh, false);
});
