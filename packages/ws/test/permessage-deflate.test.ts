import assert from "node:assert/strict";
import { test } from "node:test";
import { extension } from "../src/extension.ts";
import { PerMessageDeflate } from "../src/permessage-deflate.ts";
import { ws } from "./fixtures/npm-ws.ts";

const { PerMessageDeflate: Theirs } = ws;
type Class = typeof PerMessageDeflate;

async function result(act: (done: (error: Error | null, bytes?: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => act((error, bytes) => (error || bytes === undefined ? reject(error) : resolve(bytes))));
}

/** Both ends, after their negotiation. */
function agreed(Client: Class, Server: Class, options = {}, maxPayload = 0): [client: PerMessageDeflate, server: PerMessageDeflate] {
  const client = new Client({ isServer: false, threshold: 0, ...options });
  const server = new Server({ isServer: true, threshold: 0, maxPayload });
  const field = extension.format({ "permessage-deflate": client.offer() });
  const params = server.accept(extension.parse(field)["permessage-deflate"] ?? []);
  client.accept(extension.parse(extension.format({ "permessage-deflate": params }))["permessage-deflate"] ?? []);
  return [client, server];
}

for (const [name, Client, Server] of [
  ["ours", PerMessageDeflate, PerMessageDeflate],
  ["ours and that of ws", PerMessageDeflate, Theirs],
  ["that of ws and ours", Theirs, PerMessageDeflate],
] as const) {
  for (const options of [{}, { serverNoContextTakeover: true, clientNoContextTakeover: true }, { clientMaxWindowBits: 10 }]) {
    test(`${name}: messages and fragments both ways with ${JSON.stringify(options)} (RFC 7692 §7.2)`, async () => {
      const [client, server] = agreed(Client, Server, options);
      for (const text of ["hello hello hello", "hello again", "", "x".repeat(100_000)]) {
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          const packed = await result((done) => from.compress(Buffer.from(text), true, done));
          assert.equal(String(await result((done) => to.decompress(packed, true, done))), text);
        }
      }
      const parts = [
        await result((done) => client.compress("in two ", false, done)),
        await result((done) => client.compress("parts", true, done)),
      ];
      const first = await result((done) => server.decompress(parts[0] ?? Buffer.alloc(0), false, done));
      const second = await result((done) => server.decompress(parts[1] ?? Buffer.alloc(0), true, done));
      assert.equal(String(first) + String(second), "in two parts");
      for (const end of [client, server]) end.cleanup();
    });
  }
}

test("what a client offers and a server agrees to is what ws offers and agrees to (RFC 7692 §7.1)", () => {
  for (const options of [
    {},
    { serverNoContextTakeover: true },
    { clientMaxWindowBits: 10, serverMaxWindowBits: 11 },
    { clientMaxWindowBits: false },
  ]) {
    const [mine, other] = [new PerMessageDeflate(options), new Theirs(options)];
    assert.deepEqual(extension.parse(extension.format({ x: mine.offer() })), extension.parse(extension.format({ x: other.offer() })));
    const [ours, theirs] = [agreed(PerMessageDeflate, PerMessageDeflate, options), agreed(Theirs, Theirs, options)];
    assert.deepEqual(ours[1].params, { ...theirs[1].params });
  }
  assert.equal(PerMessageDeflate.extensionName, Theirs.extensionName);
  assert.equal(new PerMessageDeflate().params, null);
});

test("parameters that cannot be fail the handshake, as in ws (RFC 7692 §7.1)", () => {
  for (const Class of [PerMessageDeflate, Theirs]) {
    for (const field of [
      "x; unknown",
      "x; server_max_window_bits=16",
      "x; client_no_context_takeover=1",
      "x; server_no_context_takeover; server_no_context_takeover",
    ]) {
      assert.throws(() => new Class({ isServer: true }).accept(extension.parse(field)["x"] ?? []), Error, field);
    }
  }
});

test("more than maxPayload is WS_ERR_UNSUPPORTED_MESSAGE_LENGTH, as in ws; wrong data an error", async () => {
  for (const Class of [PerMessageDeflate, Theirs]) {
    const [client, server] = agreed(Class, Class, {}, 25);
    const packed = await result((done) => client.compress("x".repeat(1000), true, done));
    await assert.rejects(
      result((done) => server.decompress(packed, true, done)),
      { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" },
    );
    const other = agreed(Class, Class)[1];
    await assert.rejects(
      result((done) => other.decompress(Buffer.from([0xff, 0xff, 0xff]), true, done)),
      Error,
    );
  }
});

test("several calls at once are answered in their order; before accept() and after cleanup() with an error", async () => {
  const [client] = agreed(PerMessageDeflate, PerMessageDeflate);
  const order: number[] = [];
  await Promise.all(
    [100_000, 10, 1000].map(async (size, index) => {
      await result((done) => client.compress("x".repeat(size), true, done));
      order.push(index);
    }),
  );
  assert.deepEqual(order, [0, 1, 2]);
  client.cleanup();
  await assert.rejects(
    result((done) => client.compress("x", true, done)),
    /cleanup/,
  );
  await assert.rejects(
    result((done) => new PerMessageDeflate().decompress(Buffer.alloc(1), true, done)),
    /accept/,
  );
});
