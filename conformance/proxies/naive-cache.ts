import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * A caching proxy of the kind that RFC 6455 §10.3 fears: it stands on the way to one server, does not understand `Upgrade`, and takes
 * whatever looks like an HTTP request in the client's bytes for one. The next response in the server's bytes is kept under the request's
 * `Host` and path, for everybody behind the proxy.
 */
export class NaiveCache {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** `host/path` -> body */
  readonly kept = new Map<string, string>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#relay(client, connect(targetPort, "127.0.0.1")));
  }

  static async start(targetPort: number): Promise<NaiveCache> {
    const proxy = new NaiveCache(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return address.port;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #relay(client: Socket, target: Socket): void {
    const asked: string[] = [];
    let up = "";
    let down = "";
    for (const socket of [client, target]) this.#sockets.add(socket.on("error", () => socket.destroy()));
    client.on("data", (chunk: Buffer) => {
      up = takeRequests(up + chunk.toString("latin1"), asked);
      target.write(chunk);
    });
    target.on("data", (chunk: Buffer) => {
      down = this.#keepResponses(down + chunk.toString("latin1"), asked);
      client.write(chunk);
    });
    client.on("close", () => target.destroy());
    target.on("close", () => client.destroy());
  }

  /** Gives each complete response to the oldest request that has none, and answers what is left of the bytes. */
  #keepResponses(bytes: string, asked: string[]): string {
    const response = /HTTP\/1\.1 (\d+)[^\r]*\r\n([\s\S]*?)\r\n\r\n/.exec(bytes);
    if (response === null || asked.length === 0) return bytes;
    const length = Number(/content-length: *(\d+)/i.exec(response[2] ?? "")?.[1] ?? 0);
    const bodyAt = response.index + response[0].length;
    if (bytes.length < bodyAt + length) return bytes;
    const name = asked.shift();
    if (response[1] === "200" && name !== undefined) this.kept.set(name, bytes.slice(bodyAt, bodyAt + length));
    return this.#keepResponses(bytes.slice(bodyAt + length), asked);
  }
}

/** Notes the `host/path` of every complete request in the bytes, wherever it begins, and answers what is left of them. */
function takeRequests(bytes: string, asked: string[]): string {
  const request = /(?:GET|POST) (\/\S*) HTTP\/1\.1\r\n([\s\S]*?)\r\n\r\n/.exec(bytes);
  if (request === null) return bytes.slice(-8192);
  const host = /^host: *(\S+)/im.exec(request[2] ?? "")?.[1] ?? "";
  asked.push(host + (request[1] ?? ""));
  return takeRequests(bytes.slice(request.index + request[0].length), asked);
}
