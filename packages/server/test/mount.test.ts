import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { mountOn } from "../src/mount.ts";
import { refuse } from "../src/upgrade.ts";
import { ask } from "./http-fixture.ts";

interface Mounted {
  readonly http: Server;
  readonly port: number;
  readonly unmount: () => void;
  readonly upgraded: string[];
}

async function mounted(t: TestContext, basePath: string, extraPaths?: readonly string[]): Promise<Mounted> {
  const upgraded: string[] = [];
  const http = createServer((_request, response) => response.end("theirs"));
  const unmount = mountOn(http, {
    basePath,
    extraPaths,
    onRequest: (_request, response) => void response.end("ours"),
    onUpgrade: (request, socket) => {
      upgraded.push(request.url ?? "");
      socket.destroy();
    },
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.after(() => void http.close());
  return { http, port: (http.address() as AddressInfo).port, unmount, upgraded };
}

const upgrade = { headers: { connection: "Upgrade", upgrade: "websocket" } };

test("below the base path is ours, everything else is the application's", async (t) => {
  const { port } = await mounted(t, "/realtime/");
  for (const path of ["/realtime/", "/realtime", "/realtime/api/rooms?x=/", "/realtime/hub"])
    assert.equal((await ask(port, path)).text, "ours", path);
  for (const path of ["/", "/realtimer", "/api/rooms", "/?/realtime/"]) assert.equal((await ask(port, path)).text, "theirs", path);
});

test("at the root our names are ours, and the application keeps its pages", async (t) => {
  const { port } = await mounted(t, "/");
  for (const path of ["/hub", "/health", "/api/rooms"]) assert.equal((await ask(port, path)).text, "ours", path);
  for (const path of ["/", "/index.html", "/hubs", "/apis"]) assert.equal((await ask(port, path)).text, "theirs", path);
});

test("at the root the paths of other doors are ours, too, and what only begins like them is not", async (t) => {
  const { port } = await mounted(t, "/", ["/sockjs", "/KtJ2qzn3CF3svSFe"]);
  for (const path of ["/sockjs", "/sockjs/info", "/sockjs/0/a/xhr?t=1", "/KtJ2qzn3CF3svSFe/stats"])
    assert.equal((await ask(port, path)).text, "ours", path);
  for (const path of ["/sockjsx", "/x/sockjs"]) assert.equal((await ask(port, path)).text, "theirs", path);
});

test("upgrades below the base path are ours; others are the application's, or end where it has no listener", async (t) => {
  const { port, upgraded } = await mounted(t, "/realtime/");
  await assert.rejects(ask(port, "/realtime/hub", upgrade));
  await assert.rejects(ask(port, "/other", upgrade));
  assert.deepEqual(upgraded, ["/realtime/hub"]);
});

test("the application's own upgrades go on", async (t) => {
  const http = createServer();
  const theirs: string[] = [];
  http.on("upgrade", (request, socket) => {
    theirs.push(request.url ?? "");
    socket.destroy();
  });
  mountOn(http, { basePath: "/realtime/", onRequest: () => {}, onUpgrade: () => {} });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.after(() => void http.close());
  await assert.rejects(ask((http.address() as AddressInfo).port, "/other", upgrade));
  assert.deepEqual(theirs, ["/other"]);
});

test("what was taken is given back, once", async (t) => {
  const { http, port, unmount } = await mounted(t, "/realtime/");
  unmount();
  unmount();
  assert.equal((await ask(port, "/realtime/")).text, "theirs");
  assert.deepEqual([http.listenerCount("request"), http.listenerCount("upgrade")], [1, 0]);
});

test("on a server of node:http2 the WebSockets over HTTP/2 below the base path are ours, all others the application's (RFC 8441 §4)", async (t) => {
  const http = createHttp2Server((_request, response) => response.end("theirs"));
  const upgraded: (string | undefined)[] = [];
  const unmount = mountOn(http, {
    basePath: "/realtime/",
    onRequest: (_request, response) => void response.end("ours"),
    onUpgrade: (request, socket) => {
      upgraded.push(request.url);
      refuse(socket, { code: "not-found", detail: "it was found" });
    },
  });
  http.listen(0, "127.0.0.1");
  t.after(() => http.close());
  await once(http, "listening");
  const session = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  t.after(() => session.destroy());
  await once(session, "remoteSettings");
  const statusOf = async (path: string): Promise<unknown> => {
    const stream = session.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":path": path, "sec-websocket-version": "13" },
      { endStream: true },
    );
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    return headers[":status"];
  };
  assert.equal(await statusOf("/realtime/hub"), 404);
  assert.equal(await statusOf("/other"), 405, "Node's answer where the application takes none");
  assert.deepEqual(upgraded, ["/realtime/hub"]);
  unmount();
  assert.equal(await statusOf("/realtime/hub"), 405);
});
