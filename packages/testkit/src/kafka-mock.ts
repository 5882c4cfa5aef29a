import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { findProgram } from "./programs.ts";
import { ServerProcess } from "./server-process.ts";

const program = findProgram("kcat");

/** Why tests with librdkafka's mock of Kafka are skipped; undefined when there is one. */
export const noKafka: string | undefined = program.path === undefined ? program.reason : undefined;

const apis = { produce: 0, fetch: 1, listOffsets: 2, metadata: 3, findCoordinator: 10, apiVersions: 18 } as const;

/**
 * librdkafka's mock of a Kafka cluster, which any client of that library starts (here kcat), behind a proxy. The proxy answers what the mock
 * answers wrongly: ApiVersions from version 3 on (KIP-511), ListOffsets from 4 on; it keeps every connection on itself, and it can cut and refuse.
 * Everything is in memory: a new mock is an empty cluster. Topics appear when they are asked for, with 4 partitions.
 */
export class KafkaMock {
  readonly #process: ServerProcess;
  readonly #proxy: Server;
  readonly #sockets = new Set<Socket>();
  #targetPort: number;
  #isRefusing = false;

  private constructor(mock: ServerProcess, targetPort: number) {
    this.#process = mock;
    this.#targetPort = targetPort;
    this.#proxy = createServer((client) => this.#accept(client));
  }

  static async start(): Promise<KafkaMock> {
    // Each start says its port anew.
    let starts = 0;
    const mock = await ServerProcess.start({
      name: "kafka",
      command: () => {
        starts++;
        if (program.path === undefined) throw new Error(program.reason);
        const args = ["-C", "-t", "_keepalive", "-o", "end", "-b", "unused:1", "-X", "test.mock.num.brokers=1"];
        return { file: program.path, args, env: program.env };
      },
      isReady: async (_port, server) => portsIn(server.output).length === starts,
    });
    const kafka = new KafkaMock(mock, portsIn(mock.output).at(-1) ?? 0);
    kafka.#proxy.listen(0, "127.0.0.1");
    await once(kafka.#proxy, "listening");
    return kafka;
  }

  get port(): number {
    const address = this.#proxy.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Where the mock runs. */
  get directory(): string {
    return this.#process.directory;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on new connections are ended at once, until `refuse(false)`. */
  refuse(isRefusing = true): void {
    this.#isRefusing = isRefusing;
  }

  /** Stops the mock where it stands, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#process.signal(name);
  }

  /** Another mock in its place, which is empty. */
  async startAnew(): Promise<void> {
    await this.#process.kill();
    await this.#process.restart();
    this.#targetPort = portsIn(this.#process.output).at(-1) ?? 0;
    this.cut();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#proxy.close();
    await this.#process.stop();
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#isRefusing) return void client.destroy();
    const upstream = connect(this.#targetPort, "127.0.0.1");
    const asked = new Map<number, readonly [api: number, version: number]>();
    client.on(
      "data",
      frames((frame) => this.#up(frame, client, upstream, asked)),
    );
    upstream.on(
      "data",
      frames((frame) => client.write(this.#down(frame, asked))),
    );
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  #up(frame: Buffer, client: Socket, upstream: Socket, asked: Map<number, readonly [number, number]>): void {
    const [api, version, id] = [frame.readInt16BE(4), frame.readInt16BE(6), frame.readInt32BE(8)];
    if (api === apis.apiVersions && version >= 3) return void client.write(unsupportedVersion(id));
    asked.set(id, [api, version]);
    upstream.write(frame);
  }

  #down(frame: Buffer, asked: Map<number, readonly [number, number]>): Buffer {
    const id = frame.readInt32BE(4);
    const [api, version = 0] = asked.get(id) ?? [];
    asked.delete(id);
    if (api === apis.apiVersions) capListOffsets(frame);
    if (api === apis.metadata || api === apis.findCoordinator) this.#writePorts(frame, api, version);
    return frame;
  }

  /** Metadata 0 to 2, FindCoordinator 0 to 2: every address is the proxy's. */
  #writePorts(frame: Buffer, api: number, version: number): void {
    let at = 8;
    const skipText = (): void => {
      at += 2 + Math.max(frame.readInt16BE(at), 0);
    };
    const writePort = (): void => {
      at = frame.writeInt32BE(this.port, at);
    };
    if (api === apis.findCoordinator) {
      if (version >= 1) at += 4;
      at += 2;
      if (version >= 1) skipText();
      at += 4;
      skipText();
      writePort();
      return;
    }
    const brokers = frame.readInt32BE(at);
    at += 4;
    for (let index = 0; index < brokers; index++) {
      at += 4;
      skipText();
      writePort();
      if (version >= 1) skipText();
    }
  }
}

function portsIn(output: string): number[] {
  return Array.from(output.matchAll(/replaced with [^:]+:(\d+)/g), ([, port]) => Number(port));
}

/** Error 35 in the form of version 0, so that the client asks again with a lower version. */
function unsupportedVersion(id: number): Buffer {
  const answer = Buffer.alloc(20);
  answer.writeInt32BE(16, 0);
  answer.writeInt32BE(id, 4);
  answer.writeInt16BE(35, 8);
  answer.writeInt32BE(1, 10);
  answer.writeInt16BE(apis.apiVersions, 14);
  answer.writeInt16BE(2, 18);
  return answer;
}

function capListOffsets(frame: Buffer): void {
  const count = frame.readInt32BE(10);
  for (let at = 14; at < 14 + count * 6; at += 6) if (frame.readInt16BE(at) === apis.listOffsets) frame.writeInt16BE(3, at + 4);
}

/** Calls back with each whole frame: four bytes of length, and so many more. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      // A copy: it is written over.
      onFrame(Buffer.from(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  };
}
