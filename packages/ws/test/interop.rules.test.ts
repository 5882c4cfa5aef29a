import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import Theirs, { WebSocketServer as TheirServer } from "ws";
import { WebSocket as Ours } from "../src/websocket.ts";
import { WebSocketServer as OurServer } from "../src/websocket-server.ts";
import { closed, textOf } from "./fixtures/pair.ts";

// The names and the behaviour are the same; ours serves as the type of both.
type AnySocket = Ours;
type Pair = readonly [client: AnySocket, socket: AnySocket];

async function connected(
  t: TestContext,
  Server: typeof OurServer | typeof TheirServer,
  Client: typeof Ours | typeof Theirs,
): Promise<Pair> {
  const server = new (Server as typeof OurServer)({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const connection = once(server, "connection");
  const client = new (Client as typeof Ours)(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, ["a", "b"], {
    perMessageDeflate: false,
  });
  t.after(() => {
    client.terminate();
    server.close();
  });
  await once(client, "open");
  const [socket] = (await connection) as [AnySocket];
  return [client, socket];
}

const sides = [
  ["our client with the server of npm ws", TheirServer, Ours],
  ["the client of npm ws with our server", OurServer, Theirs],
] as const;

const payloads = ["", "text", "你好 👋", Buffer.alloc(0), Buffer.alloc(126, 1), Buffer.alloc(65_536, 2), Buffer.alloc(1 << 20, 3)];

for (const [name, Server, Client] of sides) {
  test(`${name}: messages of every size both ways, in order`, async (t) => {
    const [client, socket] = await connected(t, Server, Client);
    assert.equal(client.protocol, "a");
    const echoed: unknown[] = [];
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    const done = new Promise<void>((resolve) => {
      client.on("message", (data, isBinary) => {
        echoed.push(isBinary ? data : textOf(data));
        if (echoed.length === payloads.length) resolve();
      });
    });
    for (const payload of payloads) client.send(payload);
    await done;
    assert.deepEqual(echoed, payloads);
  });

  test(`${name}: fragments, pings between them, pongs with data`, async (t) => {
    const [client, socket] = await connected(t, Server, Client);
    for (const [near, far] of [
      [client, socket],
      [socket, client],
    ] as const) {
      const message = once(far, "message");
      const pong = once(near, "pong");
      near.send("one ", { fin: false });
      near.ping("data");
      near.send("two ", { fin: false });
      near.send("three", { fin: true });
      assert.equal(String((await message)[0]), "one two three");
      assert.equal(String((await pong)[0]), "data");
    }
  });

  for (const [code, reason] of [
    [1000, "bye"],
    [1001, ""],
    [3000, "library"],
    [4999, "é"],
    [undefined, ""],
  ] as const) {
    for (const by of ["client", "server"] as const) {
      test(`${name}: close ${code ?? "without a code"} by the ${by} is seen with code and reason on the other side (RFC 6455 §7.1.5)`, async (t) => {
        const [client, socket] = await connected(t, Server, Client);
        const [near, far] = by === "client" ? [client, socket] : [socket, client];
        const ends = Promise.all([closed(near), closed(far)]);
        if (code === undefined) near.close();
        else near.close(code, reason);
        const [atNear, atFar] = await ends;
        assert.deepEqual(atFar, [code ?? 1005, reason]);
        assert.equal(atNear[0], code ?? 1005);
      });
    }
  }

  test(`${name}: terminate is seen as 1006 on both sides`, async (t) => {
    const [client, socket] = await connected(t, Server, Client);
    const ends = Promise.all([closed(client), closed(socket)]);
    socket.terminate();
    assert.deepEqual(
      (await ends).map(([code]) => code),
      [1006, 1006],
    );
  });
}
