import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import { Line, WorkerBroker } from "@openline/brokers/workers";
import { faultCode, faultText } from "../fault.ts";
import type { Logger } from "../log.ts";
import type { Listening, OpenlineServer } from "../openline-server.ts";
import { createServer } from "../server.ts";
import type { Settings } from "../settings.ts";
import { systemClock } from "../system-clock.ts";
import { packageVersion } from "../version.ts";
import { LineSiblings } from "./line-siblings.ts";
import type { Farewell, Greeting, StartFailure, Welcome } from "./worker-words.ts";

/** How often a worker asks whether its primary is there. */
const lookMs = 2_000;

export interface WorkerOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** The primary's socket. */
  readonly path: string;
  /** This worker's number. */
  readonly worker: number;
}

/**
 * Serves as one of several workers until the primary says that it is enough; resolves when its connections are closed.
 * @throws Error when it cannot begin, which the primary was told, or when the primary is gone
 */
export async function runWorker({ settings, log, path, worker }: WorkerOptions): Promise<void> {
  const primary = await PrimaryLink.open(path, worker);
  try {
    await serveFor(primary, primary.serve(settings, log));
  } finally {
    primary.line.close();
  }
}

async function serveFor({ line, path, begun, farewell, siblings }: PrimaryLink, server: OpenlineServer): Promise<void> {
  const remove = (): void => rmSync(dirname(path), { recursive: true, force: true });
  // A worker of node:cluster ends with its channel to the primary, which may close before the line does.
  const removeIfLast = (): void => {
    if (!process.connected) remove();
  };
  process.once("exit", removeIfLast);
  farewell.then(
    () => process.off("exit", removeIfLast),
    () => undefined,
  );
  await Promise.race([begun, farewell]);
  // Whether it answers shows in the readiness; nobody else may ask for a while.
  const looking = setInterval(() => void line.ask("ping", null).catch(() => undefined), lookMs).unref();
  try {
    line.tell("listening", (await server.listen()) satisfies Listening);
  } catch (error) {
    await line.ask("failed", failureOf(error)).catch(() => undefined);
    throw error;
  }
  const options = await farewell.catch((error: unknown) => {
    // Nothing that its clients do can be kept any more: they are cut off at once and come back elsewhere. The folder has nobody else now.
    void server.close({ graceMs: 0 });
    remove();
    throw error;
  });
  clearInterval(looking);
  await server.close(options);
  // What it counted stays in the sum.
  await line.ask("parting", await siblings.lastMetrics());
}

/** The line to the primary, and what comes on it. */
class PrimaryLink {
  readonly line: Line;
  readonly path: string;
  /** Resolves when the primary says that it is enough; rejects when the primary is gone. */
  readonly farewell: Promise<Farewell>;
  /** Resolves when the primary's store is open. */
  readonly begun: Promise<void>;
  readonly #welcome: Welcome;
  readonly #broker: WorkerBroker | undefined;
  readonly siblings: LineSiblings;

  private constructor(line: Line, path: string, welcome: Welcome, begun: Promise<void>, farewell: Promise<Farewell>) {
    this.path = path;
    this.begun = begun;
    this.line = line;
    this.#welcome = welcome;
    this.farewell = farewell;
    this.#broker = welcome.hasStore ? new WorkerBroker(() => line) : undefined;
    this.siblings = new LineSiblings(line, welcome, this.#broker);
  }

  static async open(path: string, worker: number): Promise<PrimaryLink> {
    const stream: Socket = connect(path);
    await once(stream, "connect");
    let link: PrimaryLink | undefined;
    const { promise: farewell, resolve, reject } = withResolvers<Farewell>();
    const { promise: begun, resolve: begin } = withResolvers<void>();
    const line = new Line({
      stream,
      clock: systemClock,
      asked: async (topic, json) => await link?.siblings.answer(topic, json),
      told: (topic, json, number) => {
        if (topic === "drain") resolve(JSON.parse(json));
        else if (topic === "begin") begin();
        else link?.hear(topic, json, number);
      },
      closed: () => reject(new Error("the primary process is gone")),
    });
    // Nobody waits for it while the worker starts.
    farewell.catch(() => undefined);
    const greeting: Greeting = { worker, version: packageVersion() };
    const welcome: Welcome = JSON.parse(await line.ask("hello", greeting));
    return (link = new PrimaryLink(line, path, welcome, begun, farewell));
  }

  hear(topic: string, json: string, number: number): void {
    if (this.#broker?.hear(topic, json, number) === true) return;
    if (topic === "counts") this.siblings.hear(JSON.parse(json));
  }

  serve(settings: Settings, log: Logger): OpenlineServer {
    const { port } = this.#welcome;
    const broker = this.#broker ?? settings.broker;
    // What is the primary's alone: the data directory, and so its durability.
    return createServer({ ...settings, port, data: undefined, durability: "os", log, broker, siblings: this.siblings });
  }
}

function failureOf(error: unknown): StartFailure {
  const code = faultCode(error);
  return { name: error instanceof Error ? error.name : "Error", message: faultText(error), ...(code !== "" && { code }) };
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): Resolvers<T> {
  let settle: Omit<Resolvers<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  if (settle === undefined) throw new TypeError("a promise calls its executor at once");
  return { promise, ...settle };
}
