import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What the proxy does with upgrades: lets them through, answers 403, never answers, or answers 101 and then swallows everything. */
export type UpgradePolicy = "pass" | "refuse" | "ignore" | "swallow";

/** A proxy that blocks WebSocket, and may hold streamed answers back until they end. */
export interface BlockingProxy {
  readonly port: number;
  /** How upgrades are treated from now on. */
  policy: UpgradePolicy;
  /** Whether an answer is handed on only when it is whole. */
  holdsStreams: boolean;
  /** Breaks every connection that is open. */
  cut(): void;
  stop(): Promise<void>;
}

/** Starts a proxy before the server at `target`. */
export async function startBlockingProxy(target: number): Promise<BlockingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => forward(incoming, response));
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers } = incoming;
    const onward = request({ host: "127.0.0.1", port: target, method, path: url, headers });
    onward.on("response", (answer) => {
      if (!proxy.holdsStreams) {
        answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
        answer.on("error", () => response.destroy());
        return;
      }
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks)));
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    incoming.pipe(onward);
  };
  server.on("connection", (socket) => {
    sockets.add(socket.on("error", () => socket.destroy()));
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (proxy.policy === "ignore") return;
    if (proxy.policy === "refuse") {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const onward = connect(target, "127.0.0.1");
    const lines = incoming.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}\r\n`] : []));
    onward.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
    onward.write(head);
    onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
    if (proxy.policy === "pass") socket.pipe(onward).pipe(socket);
    else onward.once("data", (answer: Buffer) => socket.write(answer.subarray(0, answer.indexOf("\r\n\r\n") + 4)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const proxy: BlockingProxy = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    policy: "pass",
    holdsStreams: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
