import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { KafkaMock, noKafka, noNats, noRabbit, type ServerProcess, startNats, startRabbit } from "@openline/testkit";

/** A real engine that runs. */
export interface RunningEngine {
  readonly port: number;
  readonly addressOf: (port: number) => string;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Ends all connections that lead to it, where it stands behind a proxy of its own. */
  cut?(): void;
  /** As a power cut. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Puts its files aside while it does not run, or puts them back. */
  save(to: string): void;
  putBack(from: string): void;
}

export interface Engine {
  readonly name: "NATS" | "RabbitMQ" | "Kafka";
  /** Why it cannot be tried here. */
  readonly skip: string | undefined;
  readonly start: (t: TestContext) => Promise<RunningEngine>;
}

export const engines: readonly Engine[] = [
  {
    name: "NATS",
    skip: noNats,
    start: async (t) => running(t, await startNats(), "js", (port) => `nats://127.0.0.1:${port}`),
  },
  {
    name: "RabbitMQ",
    skip: noRabbit,
    start: async (t) => running(t, await startRabbit(), "mnesia", (port) => `amqp://127.0.0.1:${port}?partitions=2`),
  },
  { name: "Kafka", skip: noKafka, start: startMock },
];

function running(t: TestContext, server: ServerProcess, files: string, addressOf: (port: number) => string): RunningEngine {
  t.after(async () => await server.stop());
  const folder = join(server.directory, files);
  return {
    port: server.port,
    addressOf,
    signal: (name) => server.signal(name),
    kill: async () => await server.kill(),
    restart: async () => await server.restart(),
    save: (to) => cpSync(folder, to, { recursive: true }),
    putBack: (from) => {
      rmSync(folder, { recursive: true });
      cpSync(from, folder, { recursive: true });
    },
  };
}

/** The mock keeps nothing: whoever starts it again finds it empty. Its own proxy names itself to the clients, so it is where lines are cut. */
async function startMock(t: TestContext): Promise<RunningEngine> {
  const mock = await KafkaMock.start();
  t.after(async () => await mock.stop());
  const cannot = (): never => {
    throw new Error("the mock has no files");
  };
  return {
    port: mock.port,
    addressOf: (port) => `kafka://127.0.0.1:${port}`,
    signal: (name) => mock.signal(name),
    cut: () => mock.cut(),
    kill: async () => await Promise.resolve(),
    restart: async () => await mock.startAnew(),
    save: cannot,
    putBack: cannot,
  };
}
