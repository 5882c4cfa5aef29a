import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "@openline/ws";
import { Agent, WebSocket as UndiciWebSocket } from "undici";
import { certificate } from "./http2-certificate.ts";

for (const secure of [false, true])
  test(`npm undici 7 with allowH2 speaks to us over HTTP/2, ${secure ? "secure" : "ws"} profile (RFC 8441 §5)`, async () => {
    const server = new WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      tls: certificate,
      secure,
      perMessageDeflate: true,
      closeTimeout: 500,
    });
    await once(server, "listening");
    const versions: string[] = [];
    server.on("connection", (socket, request) => {
      versions.push(request.httpVersion);
      socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
    });
    const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
    try {
      const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
      const socket = new UndiciWebSocket(url, { protocols: ["chat"], dispatcher });
      await once(socket as unknown as EventTarget, "open");
      assert.equal(socket.protocol, "chat");
      assert.match(socket.extensions, /^permessage-deflate/);
      for (const text of ["a", "b".repeat(200), "ö".repeat(20_000)]) {
        const answer = once(socket as unknown as EventTarget, "message");
        socket.send(text);
        const [event] = (await answer) as [{ data: unknown }];
        assert.equal(event.data, text);
      }
      const [peer] = server.clients;
      assert.ok(peer !== undefined);
      const closed = once(peer, "close");
      socket.close(4001, "done");
      const [code, reason] = (await closed) as [number, Buffer];
      assert.deepEqual([code, reason.toString()], [4001, "done"]);
      assert.deepEqual(versions, ["2.0"]);
    } finally {
      await dispatcher.destroy();
      await server.close({ deadlineMs: 2000 });
    }
  });
