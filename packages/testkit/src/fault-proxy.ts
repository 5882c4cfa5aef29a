import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Which way bytes go: from the client to the server, or back. */
export type Direction = "up" | "down";

/**
 * A TCP proxy on a free loopback port that behaves as badly as told: for connections that stall, break or crawl. Start it with
 * {@link FaultProxy.start}, point the client to `port`, and stop it at the end of the test.
 */
export class FaultProxy {
  #targetPort: number;
  readonly #server: Server;
  readonly #lines = new Set<{ client: Socket; upstream: Socket }>();
  readonly #stalled: Record<Direction, boolean> = { up: false, down: false };
  #pieceBytes = Number.POSITIVE_INFINITY;
  #refusing = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** A proxy to `targetPort` on 127.0.0.1, listening. */
  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return address.port;
  }

  /** How many connections go through it now. */
  get connections(): number {
    return this.#lines.size;
  }

  /** Resets every connection (TCP RST on both sides). New ones are let through. */
  cut(): void {
    for (const { client, upstream } of this.#lines) {
      reset(client);
      reset(upstream);
    }
  }

  /** From now on new connections go to another port: what a load balancer does when a server is gone. */
  redirect(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  /** From now on new connections are reset at once, until `refuse(false)`. */
  refuse(refusing = true): void {
    this.#refusing = refusing;
  }

  /** Holds everything that goes in `direction`, without closing: a half-open connection. `resume` lets it go on. */
  stall(direction: Direction): void {
    this.#stalled[direction] = true;
    for (const { client, upstream } of this.#lines) (direction === "up" ? client : upstream).pause();
  }

  resume(direction: Direction): void {
    this.#stalled[direction] = false;
    for (const { client, upstream } of this.#lines) (direction === "up" ? client : upstream).resume();
  }

  /** Passes everything on in pieces of at most `bytes`. */
  split(bytes: number): void {
    this.#pieceBytes = bytes;
  }

  /** Resets what is open and stops listening. */
  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    client.on("error", ignore);
    if (this.#refusing) {
      reset(client);
      return;
    }
    const upstream = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    upstream.on("error", () => reset(client));
    client.setNoDelay(true);
    const line = { client, upstream };
    this.#lines.add(line);
    client.once("close", () => {
      this.#lines.delete(line);
      upstream.destroy();
    });
    upstream.once("close", () => client.destroy());
    this.#relay(client, upstream, "up");
    this.#relay(upstream, client, "down");
  }

  #relay(from: Socket, to: Socket, direction: Direction): void {
    from.on("data", (chunk: Buffer) => {
      let room = true;
      for (let at = 0; at < chunk.length; at += this.#pieceBytes) room = to.write(chunk.subarray(at, at + this.#pieceBytes));
      if (!room) from.pause();
    });
    to.on("drain", () => {
      if (!this.#stalled[direction]) from.resume();
    });
    from.once("end", () => to.end());
    if (this.#stalled[direction]) from.pause();
  }
}

/** A reset shows as an error on the socket; the proxy caused it or passes it on. */
function ignore(): void {}

/** A socket whose FIN is on its way cannot be reset: Node would leave it open for ever (libuv's EINVAL for a pending shutdown). */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
