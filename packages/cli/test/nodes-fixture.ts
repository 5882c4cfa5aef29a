import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Client, type ClientOptions, type JoinedDetail, type JoinOptions, type Message, type Room } from "@openline/client";
import { freePort, RedisServer } from "@openline/testkit";
import { type Started, start } from "./binary-fixture.ts";

/** One `openline serve` process on the Redis of the test. */
export interface Node {
  readonly port: number;
  readonly url: string;
  readonly started: Started;
}

/** Starts a Redis that ends with the test. */
export async function startRedis(t: TestContext, ...args: string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...args);
  t.after(async () => await redis.stop());
  return redis;
}

/** Starts a server process that shares its rooms over `broker`. */
export async function startNode(t: TestContext, broker: string, ...args: string[]): Promise<Node> {
  const port = await freePort();
  const started = start(t, ["serve", "--port", String(port), ...args], { OPENLINE_BROKER: broker });
  await started.said(/"msg":"listening"/);
  return { port, url: `http://127.0.0.1:${port}`, started };
}

/** A client that comes back fast; closed with the test. */
export function connect(t: TestContext, port: number, options: ClientOptions = {}): Client {
  const client = new Client(`http://127.0.0.1:${port}`, { reconnect: { minDelayMs: 20, maxDelayMs: 200 }, ...options });
  t.after(() => client.close());
  return client;
}

/** What a client heard in a room. */
export interface Listener {
  readonly client: Client;
  readonly room: Room;
  readonly messages: Message[];
  readonly joins: JoinedDetail[];
  /** Everything else that a room tells, in short. */
  readonly events: string[];
  data(): unknown[];
  /** The sessions that are there, as it was told. */
  sessions(): string[];
}

/** Joins a room and writes down what is heard there; resolves when it is joined. */
export async function listen(client: Client, name: string, options: JoinOptions = { presence: true }): Promise<Listener> {
  const room = client.join(name, options);
  const [messages, joins, events]: [Message[], JoinedDetail[], string[]] = [[], [], []];
  room.on("message", (message) => messages.push(message));
  room.on("insufficient", () => events.push("insufficient"));
  room.on("gap", () => events.push("gap"));
  room.on("ephemeral", ({ data }) => events.push(`ephemeral ${String(data)}`));
  room.on("member-left", ({ session }) => events.push(`left ${session}`));
  await new Promise<void>((resolve) => room.on("joined", (detail) => (joins.push(detail), resolve())));
  const sessions = (): string[] => room.members.map(({ session }) => session).toSorted();
  return { client, room, messages, joins, events, data: () => messages.map(({ data }) => data), sessions };
}

/** Between two publishes of a lane. */
const PACE_MS = 4;

/** Publishes until it is told to stop, a few at a time, and keeps what was acknowledged. */
export class Writer {
  readonly acknowledged: string[] = [];
  unknown = 0;
  readonly done: Promise<void>;
  readonly #end = new AbortController();

  constructor(name: string, client: Client) {
    const lane = async (number: number): Promise<void> => {
      for (let index = 0; !this.#end.signal.aborted; index++) {
        const data = `${name}-${number}-${index}`;
        try {
          await client.publish("lobby", data);
          this.acknowledged.push(data);
          // What is written in half a minute must stay within the history that the tests keep, however fast the machine.
          await setTimeout(PACE_MS);
        } catch {
          this.unknown++;
        }
      }
    };
    this.done = Promise.all([1, 2, 3].map(lane)).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.done;
  }
}

/** Waits until `check` holds, or fails with `what`. For what happens in other processes only. */
export async function until(what: string, check: () => boolean | Promise<boolean>, mostMs = 60_000): Promise<void> {
  const from = performance.now();
  while (!(await check())) {
    if (performance.now() - from > mostMs) throw new Error(`not within ${mostMs} ms: ${what}`);
    await setTimeout(10);
  }
}
