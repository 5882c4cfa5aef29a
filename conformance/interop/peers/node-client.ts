import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Endpoint } from "../endpoint.ts";
import { Queue } from "../queue.ts";
import type { Script, ScriptedClient, Seen, Step } from "../script.ts";

/** Bytes that the connection of the last script wrote, for a client that can tell. */
export interface CountingClient extends ScriptedClient {
  readonly bytesWritten: number;
}

/** The client of {@link ScriptedClient} on an endpoint with the names of `ws`. */
export function nodeClient({ WebSocket }: Endpoint): CountingClient {
  const client = {
    bytesWritten: 0,
    async run({ url, compress, steps }: Script): Promise<readonly Seen[]> {
      const socket = new WebSocket(url, { perMessageDeflate: compress, maxPayload: 4 * 1024 * 1024 });
      const watched = watch(socket);
      await watched.opened;
      const { _socket: transport } = socket as unknown as { readonly _socket: Socket };
      for (const step of steps) await take(socket, step, watched.next);
      await watched.closed;
      client.bytesWritten = transport.bytesWritten;
      return watched.seen;
    },
    stop: () => Promise.resolve(),
  };
  return client;
}

interface Watched {
  readonly seen: readonly Seen[];
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly next: Readonly<Record<"message" | "pong" | "close", Queue<void>>>;
}

function watch(socket: WebSocket): Watched {
  const seen: Seen[] = [];
  const next = { message: new Queue<void>(), pong: new Queue<void>(), close: new Queue<void>() };
  const opened = new Promise<void>((resolve, reject) => {
    socket.once("open", () => {
      seen.push({ seen: "open", extensions: socket.extensions });
      resolve();
    });
    socket.once("error", reject);
  });
  socket.on("message", (data: Buffer, binary) => {
    seen.push({ seen: "message", binary, data: data.toString("base64") });
    next.message.push();
  });
  socket.on("pong", (data) => {
    seen.push({ seen: "pong", data: data.toString("base64") });
    next.pong.push();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", (code, reason) => {
      seen.push({ seen: "close", code, reason: reason.toString() });
      next.close.push();
      resolve();
    });
  });
  return { seen, opened, closed, next };
}

async function take(socket: WebSocket, step: Step, next: Watched["next"]): Promise<void> {
  switch (step.do) {
    case "send":
      for (const [index, part] of step.parts.entries()) {
        socket.send(Buffer.from(part, "base64"), { binary: step.binary, fin: index === step.parts.length - 1 });
        if (index === 0 && step.ping !== undefined) socket.ping(Buffer.from(step.ping, "base64"));
      }
      return;
    case "ping":
      return socket.ping(Buffer.from(step.data, "base64"));
    case "close":
      return socket.close(step.code, step.reason);
    case "await":
      await next[step.seen].next();
  }
}
