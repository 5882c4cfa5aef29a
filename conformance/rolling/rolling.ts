// Three nodes behind HAProxy on one Redis, restarted one after another under clients (R5, R8).
import { setTimeout as delay } from "node:timers/promises";
import { freePort, RedisServer } from "@openline/testkit";
import { startBalancer } from "./balancer.ts";
import { Crowd, type Happening, type Tally } from "./crowd.ts";
import { HubNode } from "./hub-node.ts";

export interface RollingOptions {
  readonly clients: number;
  /** The budget of each node: `--connections-per-second`. */
  readonly perSecond: number;
  /** Over how long each node spreads its closes. */
  readonly spreadMs: number;
  /** Messages that are published in a second, all rooms together. */
  readonly rate: number;
  readonly say?: (line: string) => void;
}

/** One node's restart, in milliseconds since the beginning. */
export interface Restart {
  readonly node: number;
  readonly began: number;
  /** All its clients were told, and the process was gone. */
  readonly ended: number;
  /** It was ready again. */
  readonly ready: number;
  /** Everybody was connected. */
  readonly whole: number;
  readonly exitCode: number | null;
}

export interface RollingRun {
  readonly options: RollingOptions;
  readonly tally: Tally;
  readonly restarts: readonly Restart[];
  /** From the first restart on. */
  readonly happenings: readonly Happening[];
  /** How many handshakes were completed in the fullest second, all nodes together. */
  readonly mostInASecond: number;
}

const nodes = 3;

/** Plays it once. */
export async function rollingRestart(options: RollingOptions): Promise<RollingRun> {
  const { clients, perSecond, spreadMs, rate, say = () => {} } = options;
  const redis = await RedisServer.start();
  const drain = [
    "--drain-code",
    "1012",
    "--drain-delay-ms",
    "600",
    "--drain-spread-ms",
    String(spreadMs),
    "--drain-ms",
    String(spreadMs + 5000),
  ];
  const args = ["--broker", redis.url, "--connections-per-second", String(perSecond), "--history-messages", "10000", ...drain];
  const all: HubNode[] = [];
  for (let node = 0; node < nodes; node++) all.push(new HubNode(await freePort(), args));
  await Promise.all(all.map(async (node) => await node.start()));
  const balancer = await startBalancer(all.map(({ port }) => port));
  const crowd = new Crowd(balancer.url, clients);
  try {
    await crowd.arrive((perSecond * nodes) / 2);
    say(`${clients} clients are connected`);
    crowd.write(rate);
    await delay(1000);
    const began = crowd.now;
    const restarts: Restart[] = [];
    for (const [index, node] of all.entries()) restarts.push(await restart(index + 1, node, crowd, say));
    const happenings = crowd.happenings.filter(({ at }) => at >= began);
    const tally = await crowd.judge();
    return { options, tally, restarts, happenings, mostInASecond: fullest(happenings) };
  } finally {
    crowd.leave();
    await balancer.stop();
    for (const node of all) node.kill();
    await redis.stop();
  }
}

async function restart(number: number, node: HubNode, crowd: Crowd, say: (line: string) => void): Promise<Restart> {
  const began = crowd.now;
  const exitCode = await node.drain();
  const ended = crowd.now;
  await node.start();
  const ready = crowd.now;
  await crowd.whole(60_000);
  const whole = crowd.now;
  say(
    `node ${number}: gone after ${seconds(ended - began)}, ready after ${seconds(ready - began)}, everybody back after ${seconds(whole - began)}`,
  );
  // The balancer sees it, and the next node is not restarted before.
  await delay(1000);
  return { node: number, began, ended, ready, whole, exitCode };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function fullest(happenings: readonly Happening[]): number {
  const ups = happenings.filter(({ what }) => what === "up").map(({ at }) => at);
  let most = 0;
  for (let start = 0, end = 0; end < ups.length; end++) {
    while ((ups[end] ?? 0) - (ups[start] ?? 0) >= 1000) start++;
    most = Math.max(most, end - start + 1);
  }
  return most;
}
