// The calls of a WebSocket that stream, each as a promise that must settle when the connection has ended at the latest.
import { once } from "node:events";
import type { WebSocket } from "@openline/ws";

type Call = (socket: WebSocket, args: readonly unknown[]) => Promise<unknown>;

async function* chunks(count: number, size: number, fails: boolean): AsyncGenerator<string | Buffer> {
  for (let at = 0; at < count; at++) {
    yield at % 2 === 0 ? "s".repeat(size) : Buffer.alloc(size, 115);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (fails) throw new Error("the source failed, as told");
}

/** Of each, what it may throw at once counts as a rejection. */
export const STREAMED: Readonly<Record<string, Call>> = {
  sendStream: async (socket, [count, size, fails]) => {
    await socket.sendStream(chunks(Number(count), Number(size), fails === true));
  },
  createMessageStream: async (socket, [size, end]) => {
    const stream = socket.createMessageStream();
    stream.on("error", () => undefined);
    stream.write("m".repeat(Number(size)));
    if (end === "end") stream.end();
    if (end === "destroy") stream.destroy();
    if (!stream.closed) await once(stream, "close");
  },
  iterate: async (socket, [most]) => {
    let count = 0;
    for await (const _message of socket) if (count++ >= Number(most)) break;
  },
  messageStreams: async (socket, [most, skips]) => {
    let count = 0;
    for await (const message of socket.messageStreams()) {
      if (count++ >= Number(most)) break;
      if (skips === true) continue;
      for await (const _chunk of message) await new Promise((resolve) => setImmediate(resolve));
    }
  },
};
