import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HistoryCounts } from "@openline/hub/testing";
import { FaultProxy, RedisServer } from "@openline/testkit";
import { ServeProcess } from "../browser/serve-process.ts";

/** Messages that flow at all flow within this time, however busy the machine is. */
const flowMs = 120_000;
const program = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** What `openline verify --json` says. */
export interface Verdict {
  readonly held: boolean;
  readonly settled: boolean;
  readonly counts: HistoryCounts;
  readonly violations: readonly { readonly kind: string; readonly text: string; readonly context: readonly string[] }[];
}

/** Where rooms are kept: in the server's memory, in a directory, in the primary of three workers, or in a Redis that was started with these arguments. */
export type Store =
  | "memory"
  | readonly ["data", "os" | "fsync"]
  | readonly ["workers", "memory" | "data"]
  | readonly ["redis", ...string[]];

/** Real servers, each a process: hub nodes as `openline serve` starts them, and the store behind them. Stopped with the test. */
export class World {
  readonly nodes: ServeProcess[] = [];
  /** Between each node and Redis, where there is one. */
  readonly proxies: FaultProxy[] = [];
  readonly folder: string;
  #redis: RedisServer | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** One node; with Redis two. */
  static async start(t: TestContext, store: Store): Promise<World> {
    const world = new World(mkdtempSync(join(tmpdir(), "openline-faults-")));
    t.after(async () => await world.#stop());
    if (store === "memory") await world.#serve();
    else if (store[0] === "data") await world.#serve("--data", join(world.folder, "data"), "--durability", store[1]);
    else if (store[0] === "workers") {
      await world.#serve("--workers", "3", ...(store[1] === "data" ? ["--data", join(world.folder, "data")] : []));
    } else {
      world.#redis = await RedisServer.start(...store.slice(1));
      await world.#share(world.redis.port, (port) => `redis://127.0.0.1:${port}`);
    }
    return world;
  }

  /** Two nodes on an engine that listens on a port; whoever started it stops it. */
  static async onEngine(t: TestContext, port: number, addressOf: (port: number) => string, ...flags: string[]): Promise<World> {
    const world = new World(mkdtempSync(join(tmpdir(), "openline-faults-")));
    t.after(async () => await world.#stop());
    await world.#share(port, addressOf, ...flags);
    return world;
  }

  get redis(): RedisServer {
    return this.#redis ?? assert.fail("there is no Redis in this world");
  }

  node(index: number): ServeProcess {
    return this.nodes[index] ?? assert.fail(`there is no node ${index}`);
  }

  /** Runs `openline verify` against all nodes until `meanwhile` has done its worst, and resolves with the verdict. */
  async verify(seed: number, meanwhile: () => Promise<void>): Promise<Verdict> {
    const urls = this.nodes.flatMap(({ url }) => ["--url", url]);
    const saved = process.env["OPENLINE_SAVE"] === undefined ? [] : ["--save", process.env["OPENLINE_SAVE"]];
    const args = ["verify", ...urls, ...saved, "--seed", String(seed), "--duration", "10m", "--json"];
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
    const ended = once(child, "close");
    try {
      await this.flow();
      await meanwhile();
      await this.flow(100);
      child.kill("SIGINT");
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(`${String(error)} ${said.err}`, { cause: error });
    }
    const [code] = (await ended) as [number | null];
    assert.ok(code === 0 || code === 1, `openline verify ended with ${code}: ${said.err}`);
    const verdict = JSON.parse(said.out) as Verdict;
    assert.equal(verdict.held, code === 0);
    return verdict;
  }

  /** Resolves when so many more messages are stored. */
  async flow(count = 60): Promise<void> {
    const deadline = performance.now() + flowMs;
    let seen = await this.#stored();
    for (let more = 0; more < count; ) {
      assert.ok(performance.now() < deadline, `after ${flowMs} ms ${more} of ${count} messages flowed`);
      await delay(20);
      const stored = await this.#stored();
      // Less than before: the store has lost what it had, or nobody answers.
      if (stored > seen) more += stored - seen;
      seen = stored;
    }
  }

  /** How far each room is, as the first node says that answers. */
  async rooms(): Promise<ReadonlyMap<string, number>> {
    for (const { url } of this.nodes) {
      try {
        return await roomsOf(url);
      } catch {
        // It is dead, or its store is.
      }
    }
    return new Map();
  }

  async #stored(): Promise<number> {
    return [...(await this.rooms()).values()].reduce((sum, offset) => sum + offset, 0);
  }

  async #share(port: number, addressOf: (port: number) => string, ...flags: string[]): Promise<void> {
    for (let node = 0; node < 2; node++) {
      const proxy = await FaultProxy.start(port);
      this.proxies.push(proxy);
      await this.#serve("--broker", addressOf(proxy.port), ...flags);
    }
  }

  async #serve(...flags: string[]): Promise<void> {
    this.nodes.push(await ServeProcess.start("/", "--log-level", "warn", ...flags));
  }

  async #stop(): Promise<void> {
    await Promise.all(this.nodes.map(async (node) => await node.kill()));
    await Promise.all(this.proxies.map(async (proxy) => await proxy.stop()));
    await this.#redis?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How far each room is. That the middle of a position is its offset is known to tests alone. */
export async function roomsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}api/rooms`, { signal: AbortSignal.timeout(3_000) });
  const { rooms } = (await answer.json()) as { rooms: { room: string; position: string }[] };
  return new Map(rooms.map(({ room, position }) => [room, Number(position.split(".")[1])]));
}
