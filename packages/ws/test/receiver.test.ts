import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { PerMessageDeflate } from "../src/permessage-deflate.ts";
import { Receiver, type ReceiverOptions } from "../src/receiver.ts";
import { ws } from "./fixtures/npm-ws.ts";
import { maskedFrame } from "./fixtures/raw-client.ts";

type Class = typeof Receiver;

/** Everything the receiver emits for these chunks, in order. */
async function events(Class: Class, options: ReceiverOptions, chunks: readonly Buffer[]): Promise<unknown[]> {
  const receiver = new Class(options);
  const list: unknown[] = [];
  for (const event of ["message", "ping", "pong", "conclude"]) receiver.on(event, (...values: unknown[]) => list.push([event, ...values]));
  receiver.on("error", (error: NodeJS.ErrnoException) => list.push(["error", error.code, error.message]));
  const end = once(receiver, "close").catch(() => undefined);
  for (const chunk of chunks) receiver.write(Buffer.from(chunk));
  receiver.end();
  await end;
  return list;
}

const close = maskedFrame(8, Buffer.concat([Buffer.from([3, 232]), Buffer.from("bye")]));
const table: readonly (readonly [name: string, bytes: Buffer, options?: ReceiverOptions])[] = [
  ["text, a ping, a pong", Buffer.concat([maskedFrame(1, "text"), maskedFrame(9, "ping"), maskedFrame(10, "pong")])],
  ["binary", maskedFrame(2, "binary")],
  ["binary as an ArrayBuffer", maskedFrame(2, "binary"), { binaryType: "arraybuffer" }],
  ["fragments", Buffer.concat([maskedFrame(2, "one", false), maskedFrame(9, ""), maskedFrame(0, "two")]), { binaryType: "fragments" }],
  ["a fragmented text", Buffer.concat([maskedFrame(1, "one", false), maskedFrame(0, "two")]), { binaryType: "fragments" }],
  ["a close frame and what is behind it", Buffer.concat([close, maskedFrame(1, "behind")])],
  ["an empty close frame", maskedFrame(8, "")],
  ["a close frame with a wrong code", maskedFrame(8, Buffer.from([0, 1]))],
  ["wrong UTF-8", maskedFrame(1, Buffer.from([0xff]))],
  ["wrong UTF-8 that is let through", maskedFrame(1, Buffer.from([0xff])), { skipUTF8Validation: true }],
  ["an unmasked frame", Buffer.from([0x81, 0])],
  ["more than maxPayload", maskedFrame(1, "123456"), { maxPayload: 5 }],
  ["one event in each turn", Buffer.concat([maskedFrame(1, "a"), maskedFrame(9, "b"), close]), { allowSynchronousEvents: false }],
];

for (const [name, bytes, options] of table) {
  test(`${name}: whole and byte by byte, the events are those of ws`, async () => {
    const all = { isServer: true, ...options };
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    for (const chunks of [[bytes], single]) assert.deepEqual(await events(Receiver, all, chunks), await events(ws.Receiver, all, chunks));
  });
}

test("a Blob for binaryType blob", async () => {
  const [message] = (await events(Receiver, { isServer: true, binaryType: "blob" }, [maskedFrame(2, "blob")])) as [[string, Blob]];
  assert.equal(await message[1].text(), "blob");
});

test("a client's receiver takes unmasked frames only (RFC 6455 §5.1)", async () => {
  assert.deepEqual(await events(Receiver, {}, [Buffer.from([0x81, 1, 0x61])]), [["message", Buffer.from("a"), false]]);
  const [error] = await events(Receiver, {}, [maskedFrame(1, "a")]);
  assert.deepEqual((error as string[])[1], "WS_ERR_UNEXPECTED_MASK");
});

test("compressed messages go through the extension, their limit counts inflated (RFC 7692 §7.2.2)", async () => {
  const deflate = new PerMessageDeflate({ isServer: true, threshold: 0 });
  deflate.accept([{}]);
  const packed = await new Promise<Buffer>((resolve) =>
    deflate.compress("hello ".repeat(20), true, (_, bytes) => resolve(bytes ?? Buffer.alloc(0))),
  );
  const frame = Buffer.concat([Buffer.from([0xc1, packed.length]), packed]);
  const inflate = (): PerMessageDeflate => {
    const client = new PerMessageDeflate();
    client.accept([{}]);
    return client;
  };
  const message = [["message", Buffer.from("hello ".repeat(20)), false]];
  assert.deepEqual(await events(Receiver, { extensions: { "permessage-deflate": inflate() } }, [frame]), message);
  const [error] = await events(Receiver, { extensions: { "permessage-deflate": inflate() }, maxPayload: 100 }, [frame]);
  assert.equal((error as string[])[1], "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
});
