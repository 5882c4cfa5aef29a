import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { openKafkaBroker } from "@openline/brokers/kafka";
import { NatsBroker } from "@openline/brokers/nats";
import { openRabbitBroker } from "@openline/brokers/rabbitmq";
import { RedisBroker } from "@openline/brokers/redis";
import { type Broker, type Clock, MemoryBroker, type Subscriber } from "@openline/hub";
import { KafkaMock, noKafka, noNats, noRabbit, noRedis, RedisServer, startNats, startRabbit } from "@openline/testkit";

/** What one message costs, and how many go through. */
export interface EngineCost {
  readonly messagesPerSecond: number;
  /** Two nodes hear each message. */
  readonly deliveriesPerSecond: number;
  /** Processor time of both nodes together, in microseconds. */
  readonly nodesMicroseconds: number;
  /** The engine's; 0 where there is none. */
  readonly engineMicroseconds: number;
}

/** Two nodes, and the engine that they share. */
interface Pair {
  readonly nodes: readonly [Broker, Broker];
  /** The folder by which its processes are known; undefined where there is none. */
  readonly directory: string | undefined;
  readonly stop: () => Promise<void>;
}

export interface MeasuredEngine {
  readonly name: string;
  readonly skip: string | undefined;
  readonly open: () => Promise<Pair>;
}

const clock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};
const ids = { epoch: (): string => randomBytes(9).toString("base64url"), tag: (): string => randomBytes(6).toString("base64url") };
const common = { clock, ids };

/** A store that belongs to a process serves both nodes as one object. */
const memory: MeasuredEngine = {
  name: "memory",
  skip: undefined,
  open: async () => {
    const broker = new MemoryBroker(common);
    return { nodes: [broker, broker], directory: undefined, stop: async () => broker.close() };
  },
};

async function pair(server: { readonly directory: string; stop(): Promise<void> }, open: () => Promise<Broker>): Promise<Pair> {
  const nodes = [await open(), await open()] as const;
  const stop = async (): Promise<void> => {
    for (const node of nodes) node.close();
    await server.stop();
  };
  return { nodes, directory: server.directory, stop };
}

export const measuredEngines: readonly MeasuredEngine[] = [
  memory,
  {
    name: "Redis",
    skip: noRedis,
    open: async () => {
      const server = await RedisServer.start("--appendonly", "yes");
      return await pair(server, async () => await RedisBroker.open({ ...common, url: server.url }));
    },
  },
  {
    name: "NATS",
    skip: noNats,
    open: async () => {
      const server = await startNats();
      return await pair(server, async () => await NatsBroker.open({ ...common, url: `nats://127.0.0.1:${server.port}` }));
    },
  },
  {
    name: "RabbitMQ",
    skip: noRabbit,
    open: async () => {
      const server = await startRabbit();
      return await pair(server, async () => await openRabbitBroker({ ...common, url: `amqp://127.0.0.1:${server.port}` }));
    },
  },
  {
    name: "Kafka (mock)",
    skip: noKafka,
    open: async () => {
      const mock = await KafkaMock.start();
      return await pair(mock, async () => await openKafkaBroker({ ...common, url: `kafka://127.0.0.1:${mock.port}`, maxWaitMs: 20 }));
    },
  },
];

export interface Load {
  readonly seconds: number;
  readonly rooms: number;
  /** Publishes without an answer. */
  readonly inFlight: number;
  readonly bytes: number;
}

/** One node publishes as fast as it is answered, both follow all rooms. */
export async function measureEngine(engine: MeasuredEngine, { seconds, rooms, inFlight, bytes }: Load): Promise<EngineCost> {
  const { nodes, directory, stop } = await engine.open();
  const [near, far] = nodes;
  try {
    const counts: [number, number] = [0, 0];
    for (let room = 0; room < rooms; room++) {
      const [here, there] = [counting(() => void counts[0]++), counting(() => void counts[1]++)];
      await near.subscribe(`room${room}`, here);
      await far.subscribe(`room${room}`, there);
    }
    const run = async (forMs: number): Promise<number> => {
      const until = performance.now() + forMs;
      let stored = 0;
      const lane = async (number: number): Promise<void> => {
        for (let next = number; performance.now() < until; next += inFlight)
          if ((await near.publish(`room${next % rooms}`, publication(bytes))).outcome === "stored") stored++;
      };
      await Promise.all(Array.from({ length: inFlight }, async (_, number) => await lane(number)));
      return stored;
    };
    await run(500);
    await settled(counts);
    const [before, cpu, engineBefore, from] = [counts[0], process.cpuUsage(), processorTime(directory), performance.now()];
    const stored = await run(seconds * 1_000);
    await settled(counts);
    const [elapsed, used] = [(performance.now() - from) / 1_000, process.cpuUsage(cpu)];
    if (counts[0] - before !== stored || counts[0] !== counts[1])
      throw new Error(`${engine.name}: ${stored} were stored, ${counts.join(" and ")} came`);
    return {
      messagesPerSecond: stored / elapsed,
      deliveriesPerSecond: (2 * stored) / elapsed,
      nodesMicroseconds: (used.user + used.system) / stored,
      engineMicroseconds: (processorTime(directory) - engineBefore) / stored,
    };
  } finally {
    await stop();
  }
}

function publication(bytes: number): Parameters<Broker["publish"]>[1] {
  const content = `"data":"${"x".repeat(bytes - 9)}"`;
  return { content, bytes, time: Date.now(), retention: { messages: 100, bytes: 1_000_000, ageMs: 3_600_000 } };
}

function counting(message: () => void): Subscriber {
  const nothing = (): void => {};
  return { message, signal: nothing, entered: nothing, exited: nothing, insufficient: nothing };
}

/** Waits until nothing more comes. */
async function settled(counts: readonly number[]): Promise<void> {
  for (let before = ""; before !== counts.join() || counts[0] !== counts[1]; ) {
    before = counts.join();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Microseconds that the processes of a folder have used: those that run in it, or are told of it. */
function processorTime(directory: string | undefined): number {
  if (directory === undefined) return 0;
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const isIts = readlinkSync(`/proc/${pid}/cwd`) === directory || readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(directory);
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
      if (isIts) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended.
    }
  }
  // Linux counts in hundredths of a second.
  return ticks * 10_000;
}
