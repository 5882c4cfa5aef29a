import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "../src/errors.ts";
import { withFallback } from "../src/fallback.ts";
import { FakeSocket } from "./fake-platform.ts";
import { FakeHttp } from "./fallback/fake-http.ts";

test("an option that cannot be is refused with its name and value", () => {
  for (const [options, text] of [
    [{ path: "a/b" }, /path is "a\/b"/],
    [{ webSocketTimeoutMs: -1 }, /webSocketTimeoutMs is -1/],
    [{ streamTimeoutMs: Number.NaN }, /streamTimeoutMs is NaN/],
    [{ retryWebSocketMs: 1e12 }, /retryWebSocketMs is/],
  ] as const)
    assert.throws(
      () => withFallback(options),
      (error: unknown) => error instanceof ClientError && error.code === "bad-option" && text.test(error.message),
    );
});

test("what was found out is kept for the connections of one class, not for those of another", async () => {
  const http = new FakeHttp();
  const { fetch, clock } = http.platform;
  let opened = 0;
  const WebSocket = class extends FakeSocket {
    constructor(url: string) {
      super(url);
      opened++;
    }
  };
  const [first, second] = [withFallback({ WebSocket, fetch, clock }), withFallback({ WebSocket, fetch, clock })];
  new first("ws://host/hub").addEventListener("open", () => undefined);
  await clock.setTimeout(() => undefined, 0);
  await http.clock.advanceAsync(3_000);
  await http.last("xhr_streaming").begin();
  await http.last("xhr_streaming").write("o\n");
  new first("ws://host/hub").addEventListener("open", () => undefined);
  assert.equal(opened, 1);
  new second("ws://host/hub").addEventListener("open", () => undefined);
  assert.equal(opened, 2);
});

test("with WebSocket: false there is HTTP alone, at the path that was set", () => {
  const http = new FakeHttp();
  const socket = new (withFallback({ WebSocket: false, path: "door", fetch: http.platform.fetch, clock: http.clock }))("ws://host/hub");
  assert.match(http.last("xhr_streaming").url, /^http:\/\/host\/door\/000\/[\da-v]{26}\/xhr_streaming$/);
  socket.terminate?.();
});
