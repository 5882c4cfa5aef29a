import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { ServerOptions, WebSocket } from "ws";
import { endpoint, endpointName } from "../interop/endpoint.ts";
import { runCases } from "../interop/interop.ts";
import { nodeClient } from "../interop/peers/node-client.ts";
import { startNodeServer } from "../interop/peers/node-server.ts";
import type { EchoServer } from "../interop/script.ts";

/** What a test wants to be forwarded: `host:port` by name. `plain` and `compressed` are the two servers of the table. */
export type Backends = Readonly<Record<"plain" | "compressed", string>>;

/** A proxy, as a test sees it. */
export interface Proxy {
  readonly name: string;
  /** Whether it cuts what is idle for 2 s. Default true; false: it never does. */
  readonly cutsIdle?: boolean;
  readonly missing?: string | undefined;
  /** Starts it; `urls` are its addresses for the backends, to which a path is added. */
  start(backends: Backends): Promise<{ readonly urls: Backends; readonly stop: () => Promise<void> }>;
}

/** Runs the table of interoperation with the endpoint on both sides of the proxy, and its heartbeat against the idle timeout. */
export function tryThrough(proxy: Proxy): void {
  runCases({
    name: `${endpointName} through ${proxy.name}`,
    missing: proxy.missing,
    clientLacks: {},
    serverLacks: {},
    startClient: () => Promise.resolve(nodeClient(endpoint)),
    startServer: () => startBehind(proxy),
  });

  const skip = proxy.missing ?? (endpointName === "ws" && "npm ws has no heartbeat");
  if (proxy.cutsIdle === false) return keepsIdle(proxy);
  test(`heartbeat pings keep an idle connection through ${proxy.name} alive beyond the proxy's timeout of 2 s`, { skip }, async () => {
    const beating = await startBehind(proxy, { heartbeat: { intervalMs: 500, timeoutMs: 1000 } });
    const quiet = await startBehind(proxy);
    try {
      const kept = await open(`${beating.url(false)}/`);
      const cut = await open(`${quiet.url(false)}/`);
      const from = performance.now();
      const [code] = await once(cut, "close");
      assert.equal(code, 1006, "without a heartbeat the proxy cuts the connection");
      assert.ok(performance.now() - from > 1500);
      await new Promise((resolve) => setTimeout(resolve, 2500)); // well over the timeout since the last message, on the proxy's clock
      kept.send("still there? 还在吗");
      const [answer] = await once(kept, "message", { signal: AbortSignal.timeout(2000) });
      assert.equal(String(answer), "still there? 还在吗");
      kept.close();
    } finally {
      await beating.stop();
      await quiet.stop();
    }
  });
}

function keepsIdle(proxy: Proxy): void {
  test(`${proxy.name} leaves an idle connection open, and passes its pings on`, { skip: proxy.missing ?? false }, async () => {
    const server = await startBehind(proxy);
    try {
      const kept = await open(`${server.url(false)}/`);
      await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than the others are given, on the proxy's clock
      kept.ping("still there?");
      const [data] = await once(kept, "pong", { signal: AbortSignal.timeout(2000) });
      assert.equal(String(data), "still there?");
      kept.close();
    } finally {
      await server.stop();
    }
  });
}

/** The options of `ws` and what ours adds to them. */
type Options = ServerOptions & { readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number } };

async function startBehind(proxy: Proxy, options: Options = {}): Promise<EchoServer> {
  const server = await startNodeServer(endpoint, options);
  const { urls, stop } = await proxy.start({ plain: new URL(server.url(false)).host, compressed: new URL(server.url(true)).host });
  return {
    url: (compress) => urls[compress ? "compressed" : "plain"],
    nextClosed: () => server.nextClosed(),
    async stop() {
      await stop();
      await server.stop();
    },
  };
}

async function open(url: string): Promise<WebSocket> {
  const socket = new endpoint.WebSocket(url);
  socket.on("error", () => undefined); // `close` tells the code
  await once(socket, "open");
  return socket;
}
