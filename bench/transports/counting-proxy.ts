import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy that counts what passes: every byte of requests and answers, heads included, as a meter on the line would. */
export class CountingProxy {
  readonly port: number;
  connections = 0;
  /** Bytes to the server. */
  up = 0;
  /** Bytes to the client. */
  down = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#join(client, connect(target, "127.0.0.1")));
  }

  /** Listens on a free port of loopback. */
  static async start(target: number): Promise<CountingProxy> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CountingProxy(server, target);
  }

  /** Counts from here on. */
  reset(): void {
    this.connections = 0;
    this.up = 0;
    this.down = 0;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, upstream: Socket): void {
    this.connections++;
    client.on("data", (chunk: Buffer) => (this.up += chunk.length));
    upstream.on("data", (chunk: Buffer) => (this.down += chunk.length));
    upstream.setNoDelay(true);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.once("close", () => this.#sockets.delete(from));
      from.pipe(to);
    }
  }
}
