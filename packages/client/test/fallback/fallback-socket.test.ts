import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { FallbackSocket, sockjsAddress, type WayMemory } from "../../src/fallback/fallback-socket.ts";
import { FakeSocket } from "../fake-platform.ts";
import { FakeHttp } from "./fake-http.ts";

/** One client that connects again and again. */
class Scene {
  readonly http = new FakeHttp();
  readonly webSockets: FakeSocket[] = [];
  readonly told: unknown[] = [];
  readonly memory: WayMemory = { blockedUntil: 0 };

  connect(hasWebSocket = true): FallbackSocket {
    const { webSockets, told } = this;
    const webSocket = class extends FakeSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        webSockets.push(this);
      }
    };
    const socket = new FallbackSocket(
      {
        webSocket: hasWebSocket ? webSocket : undefined,
        path: "sockjs",
        webSocketTimeoutMs: 3_000,
        streamTimeoutMs: 3_000,
        retryWebSocketMs: 300_000,
        withCredentials: false,
        onTransport: (transport) => told.push(transport),
        platform: this.http.platform,
      },
      this.memory,
      "wss://host/base/hub?a=b",
      "openline.v1",
    );
    for (const type of ["open", "error"] as const) socket.addEventListener(type, () => told.push(type));
    socket.addEventListener("message", ({ data }) => told.push(data));
    socket.addEventListener("close", ({ code }) => told.push(code));
    return socket;
  }

  get webSocket(): FakeSocket {
    const socket = this.webSockets.at(-1);
    if (socket === undefined) throw new Error("there was no WebSocket");
    return socket;
  }

  /** HTTP works. */
  async openStream(): Promise<void> {
    const stream = this.http.last("xhr_streaming");
    await stream.begin();
    await stream.write("o\n");
  }
}

test("the SockJS address lies beside the hub's, with its query", () => {
  for (const [hub, url, query] of [
    ["ws://host/hub", "http://host/sockjs", ""],
    ["wss://host:8443/base/hub?ticket=1", "https://host:8443/base/sockjs", "?ticket=1"],
  ] as const)
    assert.deepEqual(sockjsAddress(hub, "sockjs"), { url, query });
});

test("where WebSocket works nothing else is asked for", async () => {
  const scene = new Scene();
  const socket = scene.connect();
  assert.deepEqual([scene.webSocket.url, scene.webSocket.protocols], ["wss://host/base/hub?a=b", "openline.v1"]);
  scene.webSocket.open();
  scene.webSocket.receiveText("x");
  scene.webSocket.bufferedAmount = 7;
  assert.equal(socket.bufferedAmount, 7);
  scene.webSocket.closed(1006);
  await scene.http.clock.advanceAsync(10_000);
  assert.deepEqual(scene.told, ["websocket", "open", "x", 1006]);
  assert.equal(scene.http.requests.length, 0);
  scene.connect();
  assert.equal(scene.webSockets.length, 2);
});

for (const [what, block] of [
  [
    "is refused",
    (scene: Scene) => {
      scene.webSocket.error();
      scene.webSocket.closed(1006);
    },
  ],
  ["does not open in time", (scene: Scene) => scene.http.clock.advanceAsync(3_000)],
] as const) {
  test(`where WebSocket ${what}, the same connection goes over HTTP, unheard by the client; for five minutes HTTP comes first`, async () => {
    const scene = new Scene();
    scene.connect();
    await block(scene);
    await scene.openStream();
    assert.deepEqual(scene.told, ["xhr-streaming", "open"]);
    scene.webSocket.open();
    assert.deepEqual(scene.told, ["xhr-streaming", "open"], "a WebSocket that opens too late is closed");
    scene.connect();
    assert.equal(scene.webSockets.length, 1);
    await scene.http.clock.advanceAsync(300_000);
    scene.connect();
    assert.equal(scene.webSockets.length, 2);
  });
}

test("a server that is away tells nothing of WebSocket: the next attempt begins with it again", async () => {
  const scene = new Scene();
  scene.connect();
  scene.webSocket.error();
  scene.http.last("xhr_streaming").break();
  await settle();
  scene.http.last("xhr").break();
  await settle();
  assert.deepEqual(scene.told, ["error", 1006]);
  scene.connect();
  assert.equal(scene.webSockets.length, 2);
});

for (const [what, end] of [
  ["breaks", (scene: Scene) => scene.webSocket.closed(1006)],
  ["is given up by the client", (_: Scene, socket: FallbackSocket) => socket.terminate()],
] as const) {
  test(`a WebSocket that opens, brings nothing and ${what} counts as blocked: the next connection goes over HTTP`, async () => {
    const scene = new Scene();
    const socket = scene.connect();
    scene.webSocket.open();
    end(scene, socket);
    scene.connect();
    assert.equal(scene.webSockets.length, 1);
    await scene.openStream();
    assert.equal(scene.told.at(-1), "open");
  });
}

test("an application that closes before the first message came says nothing of WebSocket: the next connection begins with it", () => {
  const scene = new Scene();
  const socket = scene.connect();
  scene.webSocket.open();
  socket.close(1000, "");
  scene.connect();
  assert.equal(scene.webSockets.length, 2);
});

test("a client that closes before WebSocket is open gets its close, and no HTTP", async () => {
  const scene = new Scene();
  const socket = scene.connect();
  socket.close(1000, "");
  assert.equal(scene.webSocket.closedWith?.code, 1000);
  scene.webSocket.error();
  scene.webSocket.closed(1006);
  await scene.http.clock.advanceAsync(10_000);
  assert.equal(scene.http.requests.length, 0);
  assert.equal(scene.told.at(-1), 1006);
  assert.equal(scene.http.clock.pending, 0);
});

test("without a WebSocket class it is HTTP at once", async () => {
  const scene = new Scene();
  const socket = scene.connect(false);
  await scene.openStream();
  socket.send("x");
  assert.equal(scene.http.last("xhr_send").init.body, '["x"]');
  socket.terminate();
  assert.equal(scene.told.at(-1), 1006);
});

test("a browser's WebSocket, which cannot terminate, is closed with 4500 instead", () => {
  const scene = new Scene();
  const socket = scene.connect();
  Object.assign(scene.webSocket, { terminate: undefined });
  scene.webSocket.open();
  socket.terminate();
  assert.equal(scene.webSocket.closedWith?.code, 4500);
});
