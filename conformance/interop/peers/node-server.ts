import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { ServerOptions, WebSocket, WebSocketServer } from "ws";
import type { Endpoint } from "../endpoint.ts";
import { Queue } from "../queue.ts";
import type { Closed, EchoServer } from "../script.ts";

/** The echo server of {@link EchoServer} on an endpoint with the names of `ws`; `options` go to both of its servers. */
export async function startNodeServer({ WebSocketServer }: Endpoint, options: ServerOptions = {}): Promise<EchoServer> {
  const closed = new Queue<Closed>();
  const listen = async (perMessageDeflate: boolean): Promise<WebSocketServer> => {
    const server = new WebSocketServer({ ...options, port: 0, host: "127.0.0.1", perMessageDeflate });
    server.on("connection", (socket, request) => echo(socket, request.url ?? "", closed));
    await once(server, "listening");
    return server;
  };
  const plain = await listen(false);
  const compressing = await listen(true).catch(() => undefined); // an endpoint that refuses the option has no such cases
  return {
    url: (compress) => `ws://127.0.0.1:${(((compress && compressing) || plain).address() as AddressInfo).port}`,
    nextClosed: () => closed.next(),
    async stop() {
      for (const server of [plain, compressing]) {
        if (server === undefined) continue;
        for (const socket of server.clients) socket.terminate();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function echo(socket: WebSocket, path: string, closed: Queue<Closed>): void {
  let inFragments = false;
  socket.on("message", (data: Buffer, isBinary) => {
    const [command, ...words] = isBinary ? [] : data.subarray(0, 200).toString().split(" ");
    if (command === "!close") socket.close(words[0] === undefined ? undefined : Number(words[0]), words.slice(1).join(" ") || undefined);
    else if (command === "!ping") socket.ping(words.join(" "));
    else if (command === "!fragments") inFragments = true;
    else if (inFragments) sendInFragments(socket, data, isBinary);
    else socket.send(data, { binary: isBinary });
  });
  socket.on("pong", (data) => socket.send(`!pong ${data.toString()}`));
  socket.on("error", () => undefined); // `close` tells the code
  socket.on("close", (code, reason) => closed.push({ path, code, reason: reason.toString() }));
}

function sendInFragments(socket: WebSocket, data: Buffer, binary: boolean): void {
  const quarter = Math.ceil(data.length / 4);
  for (let start = 0; start < data.length; start += quarter) {
    socket.send(data.subarray(start, start + quarter), { binary, fin: start + quarter >= data.length });
  }
}
