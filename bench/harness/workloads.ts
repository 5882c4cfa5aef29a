import type { Figure } from "./results.ts";

/** What the server's application does. */
export type Work = "echo" | "broadcast" | "deflate" | "hub";

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /** The generator's mode and options (bench/load). */
  readonly load: readonly string[];
  /** What is counted. */
  readonly unit: "message" | "delivery" | "handshake" | "connection" | "client";
  /** The figure that is compared; lower is better. */
  readonly figure: Figure;
  readonly figureTitle: string;
  /** What has to be said about it. */
  readonly note?: string;
  /** Bytes on the line when a byte echo does the same work; without it there is no byte echo. */
  readonly rawBytes?: number;
  readonly tls?: boolean;
  readonly heartbeatMs?: number;
  /** Servers that are not listed do not take part; without a list all do that can do the work. */
  readonly only?: readonly string[];
  readonly quick: boolean;
}

const cost = { figure: "serverMicroseconds", figureTitle: "server CPU, µs" } as const;
const echo = { work: "echo", unit: "message", ...cost, quick: true } as const;
const fanOut = { work: "broadcast", unit: "delivery", ...cost } as const;

const load = (line: string): string[] => line.split(" ");

const echoLoad = (connections: number, window: number, rest: string): string[] =>
  load(`echo --connections ${connections} --window ${window} ${rest}`);

const fanOutLoad = (receivers: number, window: number): string[] => load(`fanout --connections ${receivers} --window ${window} --size 128`);

/** All that is measured. A client's frame has 6, 8 or 14 bytes around the payload: a byte echo gets as many. */
export const workloads: readonly Workload[] = [
  { id: "echo-20", title: "echo 20 B, 100 connections, 1 in flight", load: echoLoad(100, 1, "--size 20"), rawBytes: 26, ...echo },
  { id: "echo-20-32", title: "echo 20 B, 100 connections, 32 in flight", load: echoLoad(100, 32, "--size 20"), rawBytes: 26, ...echo },
  {
    id: "echo-1k",
    title: "echo 1 KiB JSON, 100 connections, 8 in flight",
    load: echoLoad(100, 8, "--size 1024 --json"),
    rawBytes: 1032,
    ...echo,
  },
  {
    id: "echo-16k",
    title: "echo 16 KiB, 50 connections, 4 in flight",
    load: echoLoad(50, 4, "--size 16384"),
    rawBytes: 16_392,
    ...echo,
  },
  {
    id: "echo-1m",
    title: "echo 1 MiB, 4 connections",
    load: echoLoad(4, 1, "--size 1048576 --binary"),
    rawBytes: 1_048_590,
    ...echo,
  },
  {
    id: "wss-1k",
    title: "wss, portable driver: echo 1 KiB JSON, 8 in flight",
    load: echoLoad(100, 8, "--size 1024 --json"),
    tls: true,
    ...echo,
  },
  { id: "fanout-200", title: "fan-out 128 B to 200, 8 in flight", load: fanOutLoad(200, 8), quick: true, ...fanOut },
  { id: "fanout-1000", title: "fan-out 128 B to 1,000", load: fanOutLoad(1000, 1), quick: true, ...fanOut },
  { id: "fanout-10000", title: "fan-out 128 B to 10,000", load: fanOutLoad(10_000, 1), quick: false, ...fanOut },
  {
    id: "handshake",
    title: "connect and close",
    work: "echo",
    load: load("handshake --connections 64"),
    unit: "handshake",
    ...cost,
    quick: true,
  },
  {
    id: "deflate-1k",
    title: "permessage-deflate: echo 1 KiB JSON, 50 connections",
    work: "deflate",
    load: load("echo --connections 50 --size 1024 --deflate"),
    unit: "message",
    ...cost,
    quick: true,
  },
  {
    id: "idle",
    title: "10,000 idle connections: memory",
    work: "echo",
    load: load("idle --connections 10100 --seconds 0"),
    unit: "connection",
    figure: "bytesPerConnection",
    figureTitle: "bytes per connection",
    rawBytes: 26,
    quick: true,
  },
  {
    id: "idle-heartbeat",
    title: "10,000 idle connections: CPU with a heartbeat every 5 s",
    work: "echo",
    load: load("idle --connections 10100 --seconds 11"),
    unit: "connection",
    figure: "idleMicrosecondsPerSecond",
    figureTitle: "server CPU, µs per second",
    heartbeatMs: 5000,
    quick: false,
  },
  {
    id: "hub-1000",
    title: "hub: publish 128 B to a room of 1,000, history on",
    note: "The hub stores each message, gives it a position and sends JSON with both. Socket.IO with its defaults keeps nothing; bare `ws` sends the payload alone to everybody. Redis runs beside the hub on the servers' CPU; its own time is not in the figure, but in *others' CPU*. The durable store has its default level: what was acknowledged survives the process.",
    work: "hub",
    load: load("fanout --connections 1000 --window 1 --size 128"),
    unit: "delivery",
    ...cost,
    quick: false,
  },
  {
    id: "hub-memory",
    title: "hub: 10,000 clients in one room: memory",
    note: "Each has connected and joined; in the end one message is published, and has to reach all.",
    work: "hub",
    load: load("idle --connections 10100 --seconds 0 --size 128"),
    unit: "client",
    figure: "bytesPerConnection",
    figureTitle: "bytes per subscribed connection",
    only: ["openline-hub", "socket.io"],
    quick: false,
  },
  {
    id: "hub-recover",
    title: "hub: 1,000 clients come back at once",
    note: "All are reset; 20 messages are published meanwhile; all come back with session and position, at most 400 handshakes under way at a time. Each has to be told `recovered: true` and to get the 20 messages, once and in order. Latency is from the moment when the first comes back until a client has all.",
    work: "hub",
    load: load("recover --connections 1001 --missed 20 --size 128"),
    unit: "client",
    figure: "serverMicroseconds",
    figureTitle: "server CPU per client, µs",
    only: ["openline-hub", "openline-hub-durable", "openline-hub-redis"],
    quick: false,
  },
];
