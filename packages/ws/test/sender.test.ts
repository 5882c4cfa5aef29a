import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { Sender } from "../src/sender.ts";
import { ws } from "./fixtures/npm-ws.ts";

/** All that was written to the stream: Node 26 hands it out piece by piece. */
function written(stream: PassThrough): Buffer {
  const pieces: Buffer[] = [];
  for (let piece: unknown = stream.read(); Buffer.isBuffer(piece); piece = stream.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a Sender writes for what `use` asks of it, as hex. */
async function wire(Class: typeof Sender, use: (sender: Sender) => void): Promise<string> {
  const stream = new PassThrough();
  const sender = new Class(stream);
  use(sender);
  await new Promise<void>((resolve) => sender.ping("", false, () => resolve()));
  return written(stream).toString("hex");
}

const uses: readonly (readonly [name: string, use: (sender: Sender) => void])[] = [
  ["a text message", (sender) => sender.send("hello", { fin: true })],
  ["a binary message", (sender) => sender.send(Buffer.from([1, 2, 3]), { binary: true, fin: true })],
  ["numbers in an array", (sender) => sender.send([1, 2, 3], { binary: true, fin: true })],
  ["an ArrayBuffer", (sender) => sender.send(new Uint8Array([1, 2]).buffer, { binary: true, fin: true })],
  ["an empty message", (sender) => sender.send("", { fin: true })],
  [
    "fragments",
    (sender) => {
      sender.send("a", { fin: false });
      sender.send("b", { fin: false });
      sender.send("c", { fin: true });
      sender.send("d", { binary: true, fin: true });
    },
  ],
  [
    "a Blob, and what was sent behind it",
    (sender) => {
      sender.send(new Blob(["blob"]), { binary: true, fin: true });
      sender.send("behind", { fin: true });
      sender.pong("p");
    },
  ],
  [
    "ping and pong",
    (sender) => {
      sender.ping("a", false);
      sender.pong(Buffer.from("b"), false);
    },
  ],
  ["a close frame with code and reason", (sender) => sender.close(1000, "é", false)],
  ["a close frame with nothing in it", (sender) => sender.close(undefined, "left out", false)],
];

for (const [name, use] of uses) {
  test(`${name}: the bytes are those of ws`, async () => {
    assert.equal(await wire(Sender, use), await wire(ws.Sender, use));
  });
}

test("masked frames carry a fresh key each (RFC 6455 §5.3)", () => {
  const options = { opcode: 1, mask: true, readOnly: true };
  const keys = Array.from({ length: 8 }, () => Sender.frame("hello", options)[0]?.subarray(2, 6).toString("hex"));
  assert.equal(new Set(keys).size, 8);
});

test("frame leaves the data as it was", () => {
  const data = Buffer.from("hello");
  Sender.frame(data, { opcode: 2, mask: true, readOnly: false });
  assert.equal(data.toString(), "hello");
});

test("more than 125 bytes in a ping, and a code that may not be sent, are thrown with the classes of ws", () => {
  for (const Class of [Sender, ws.Sender]) {
    const sender = new Class(new PassThrough());
    assert.throws(() => sender.ping("a".repeat(126)), RangeError);
    assert.throws(() => sender.pong(new Blob(["a".repeat(126)])), RangeError);
    assert.throws(() => sender.close(1006, ""), TypeError);
  }
});

test("a compressor that was negotiated gets the fragments, the first frame bears RSV1 (RFC 7692 §6.1)", async () => {
  const stream = new PassThrough();
  const compressor = {
    compress: (data: Buffer, _fin: boolean, done: (error: null, out: Buffer) => void) => done(null, Buffer.from(`<${data.toString()}>`)),
  };
  const sender = new Sender(stream, { "permessage-deflate": compressor });
  sender.send("a", { compress: true, fin: false });
  await new Promise<void>((resolve) => sender.send("b", { compress: true, fin: true }, () => resolve()));
  assert.equal(written(stream).toString("latin1"), "\x41\x03<a>\x80\x03<b>");
});

test("a Blob that cannot be read: its callback and onerror get the error, what is behind it goes out", async () => {
  const stream = new PassThrough();
  const sender = new Sender(stream);
  const blob = new Blob(["x"]);
  blob.arrayBuffer = async () => Promise.reject(new Error("gone"));
  const errors: string[] = [];
  sender.onerror = (error) => errors.push(`onerror ${error.message}`);
  sender.send(blob, { binary: true }, (error) => errors.push(`callback ${error?.message}`));
  sender.send("next", { fin: true });
  await once(stream, "readable");
  assert.equal(written(stream).toString("latin1"), "\x81\x04next");
  assert.deepEqual(errors, ["callback gone", "onerror gone"]);
});

test("without a stream only frames can be built", () => {
  assert.throws(() => new Sender().sendFrame([Buffer.from([0x89, 0])]), TypeError);
});
