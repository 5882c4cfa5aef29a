import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseEvent, setEnvironment, WebSocket, WebSocketError, WebSocketStream } from "@openline/ws/web";
import { expectations } from "./expectations.ts";
import { runParts } from "./run-parts.ts";
import { certificate, startServer } from "./test-server.ts";

for (const isSecure of [false, true]) {
  const scheme = isSecure ? "wss" : "ws";
  test(`what a browser's WebSocket does, ours does in Node over ${scheme}:`, async (t) => {
    const server = await startServer(isSecure);
    const base = `http${isSecure ? "s" : ""}://localhost:${server.port}/web/page`;
    setEnvironment({ baseUrl: base, client: { ca: certificate.cert } });
    t.after(async () => {
      setEnvironment({});
      await server.stop();
    });
    const outcomes = await runParts({
      WebSocket,
      CloseEvent,
      WebSocketStream,
      WebSocketError,
      server: `${scheme}://localhost:${server.port}`,
      base,
    });
    const passed = outcomes.filter(({ fault }) => fault === undefined).length;
    t.diagnostic(`${passed} of ${outcomes.length} pass`);
    for (const { part, name, fault } of outcomes) {
      const reason = expectations.node[name];
      await t.test(`${part}: ${name}`, () => {
        if (reason === undefined) assert.equal(fault, undefined);
        else assert.notEqual(fault, undefined, `it holds, although ${reason}`);
      });
    }
  });
}
