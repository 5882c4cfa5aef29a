import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Hub } from "@openline/hub";
import { WebSocketServer } from "@openline/ws";

let ids = 0;
const next = (kind: string): string => `${kind}${++ids}`;

/** A hub behind a WebSocket, stopped with the test. `spoil` changes what it says, or lets it vanish: a server that is wrong. */
export async function hubServer(t: TestContext, spoil: (text: string) => string | undefined = (text) => text): Promise<string> {
  const hub = new Hub({
    clock: { now: Date.now, setTimeout: (act, ms) => setTimeout(act, ms), clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout) },
    ids: { sessionId: () => next("s"), secret: () => next("r"), epoch: () => next("e"), tag: () => next("t") },
  });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => {
    const send = (message: string): boolean => {
      const text = spoil(message);
      if (text !== undefined) socket.send(text);
      return true;
    };
    const connection = hub.open({ kind: "test", send: ({ text }) => send(text), close: (code, reason) => socket.close(code, reason) });
    socket.on("message", (data) => connection.receive(String(data)));
    socket.on("close", (code) => connection.closed(code, code === 1000));
    socket.on("error", () => {});
  });
  await once(server, "listening");
  t.after(() => {
    hub.close();
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/hub`;
}
