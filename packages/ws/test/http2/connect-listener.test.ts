import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { listenForConnects } from "../../src/http2/connect-listener.ts";
import { refuse } from "../../src/refusal.ts";
import { answerOf, connectStream, http2Connect } from "../fixtures/http2-client.ts";

async function listenOn(t: TestContext, server: Http2Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test("a server announces that it takes WebSockets: SETTINGS_ENABLE_CONNECT_PROTOCOL is 1 (RFC 8441 §3)", async (t) => {
  const server = createServer({ settings: { initialWindowSize: 100_000 } });
  listenForConnects(server, (_request, socket) => refuse(socket, 403));
  const session = await http2Connect(t, await listenOn(t, server));
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  assert.equal(session.remoteSettings.initialWindowSize, 100_000, "what the application has set stays");
});

test("only CONNECTs for a WebSocket are taken; all else goes to the application's request listener (RFC 8441 §4)", async (t) => {
  const server = createServer((request, response) => response.end(`app: ${request.url}`));
  const asked: (string | undefined)[] = [];
  listenForConnects(server, (request, socket) => {
    asked.push(request.url);
    refuse(socket, 403);
  });
  const session = await http2Connect(t, await listenOn(t, server));
  assert.equal((await answerOf(connectStream(session, { ":path": "/ours" })))[":status"], 403);
  assert.equal((await answerOf(session.request({ ":path": "/theirs" })))[":status"], 200);
  assert.equal((await answerOf(connectStream(session, { ":protocol": "other" })))[":status"], 405);
  assert.deepEqual(asked, ["/ours"]);
});

test("an application with a stream listener of its own does not see them, before and after that is put there", async (t) => {
  const server = createServer();
  const seen: unknown[] = [];
  const onStream = (stream: ServerHttp2Stream, headers: { ":path"?: string }): void => {
    seen.push(headers[":path"]);
    stream.respond({ ":status": 202 }, { endStream: true });
  };
  const end = listenForConnects(server, (_request, socket) => refuse(socket, 403));
  server.on("stream", onStream);
  const session = await http2Connect(t, await listenOn(t, server));
  assert.equal((await answerOf(connectStream(session)))[":status"], 403);
  assert.equal((await answerOf(session.request({ ":path": "/theirs" })))[":status"], 202);
  end();
  assert.equal((await answerOf(connectStream(session, { ":path": "/late" })))[":status"], 202, "ended: the application has all of them");
  assert.deepEqual(seen, ["/theirs", "/late"]);
});

test("a listener that answers false leaves a request to the others", async (t) => {
  const server = createServer();
  listenForConnects(server, ({ url }, socket) => url === "/ours" && refuse(socket, 401));
  listenForConnects(server, (_request, socket) => refuse(socket, 402));
  const session = await http2Connect(t, await listenOn(t, server));
  assert.equal((await answerOf(connectStream(session, { ":path": "/ours" })))[":status"], 401);
  assert.equal((await answerOf(connectStream(session, { ":path": "/theirs" })))[":status"], 402);
});

test("of two listeners the first one is asked", async (t) => {
  const server = createServer();
  const endFirst = listenForConnects(server, (_request, socket) => refuse(socket, 401));
  listenForConnects(server, (_request, socket) => refuse(socket, 402));
  const session = await http2Connect(t, await listenOn(t, server));
  assert.equal((await answerOf(connectStream(session)))[":status"], 401);
  endFirst();
  assert.equal((await answerOf(connectStream(session)))[":status"], 402);
});
