import type { Work, Workload } from "./workloads.ts";

/** What has to be fetched or compiled before a contestant can run (installed.ts). */
export type Part = "node-modules" | "bun" | "gorilla" | "raw-epoll" | "redis-server";

export interface Contestant {
  readonly id: string;
  readonly label: string;
  readonly kind: "ours" | "other" | "floor";
  /** `node FILE` or `bun FILE`, a file of bench/servers; or the compiled part itself. */
  readonly run: { readonly with: "node" | "bun"; readonly file: string } | { readonly with: "itself" };
  readonly part?: Part;
  readonly does: readonly Work[];
  readonly env?: Readonly<Record<string, string>>;
  /** The generator's options for the protocol that this server speaks above WebSocket. */
  readonly dialect?: readonly string[];
  /** Takes part in these workloads only. */
  readonly onlyIn?: readonly string[];
}

/** What every ratio refers to. */
export const reference = "ws-bufferutil";

const webSocket: readonly Work[] = ["echo", "broadcast", "deflate"];

const hubDialect = [
  "--path",
  "/hub",
  "--subprotocol",
  "openline.v1",
  "--setup",
  '{"type":"connect","ref":0,"version":1}',
  "--setup",
  '{"type":"join","ref":1,"room":"bench"}',
  "--before",
  '{"type":"publish","ref":2,"room":"bench","data":"',
  "--after",
  '"}',
];

const hub = { kind: "ours", run: { with: "node", file: "hub.mjs" }, does: ["hub"], dialect: hubDialect } as const;

const socketIoPath = "/socket.io/?EIO=4&transport=websocket";
const socketIoDialect = ["--path", socketIoPath, "--setup", "", "--setup", "40", "--before", '42["publish","', "--after", '"]'];

/** In the order in which they alternate and are shown. */
export const contestants: readonly Contestant[] = [
  { id: "openline", label: "Openline", kind: "ours", run: { with: "node", file: "openline.mjs" }, does: webSocket },
  {
    id: reference,
    label: "ws + bufferutil",
    kind: "other",
    run: { with: "node", file: "ws.mjs" },
    part: "node-modules",
    does: [...webSocket, "hub"],
  },
  {
    id: "openline-http",
    label: "Openline, http server",
    kind: "ours",
    run: { with: "node", file: "openline.mjs" },
    does: webSocket,
    env: { BENCH_ATTACHED: "1" },
    onlyIn: ["idle", "handshake"],
  },
  {
    id: "openline-portable",
    label: "Openline, portable",
    kind: "ours",
    run: { with: "node", file: "openline.mjs" },
    does: webSocket,
    env: { BENCH_OPTIONS: '{"driver":"portable"}' },
    onlyIn: ["echo-20", "echo-20-32", "echo-1k", "echo-16k", "fanout-200", "fanout-1000", "handshake", "idle"],
  },
  {
    id: "openline-view",
    label: "Openline, views",
    kind: "ours",
    run: { with: "node", file: "openline.mjs" },
    does: webSocket,
    env: { BENCH_OPTIONS: '{"messages":"view"}' },
    onlyIn: ["echo-16k", "echo-1m"],
  },
  {
    id: "ws",
    label: "ws",
    kind: "other",
    run: { with: "node", file: "ws.mjs" },
    part: "node-modules",
    does: webSocket,
    env: { WS_NO_BUFFER_UTIL: "1" },
    // A server unmasks what it receives, and masks nothing: elsewhere it is the same program.
    onlyIn: ["echo-20", "echo-20-32", "echo-1k", "echo-16k", "echo-1m"],
  },
  { id: "openline-hub", label: "Openline hub, memory", ...hub },
  {
    id: "openline-hub-durable",
    label: "Openline hub, durable",
    ...hub,
    env: { BENCH_STORE: "durable" },
    onlyIn: ["hub-1000", "hub-recover"],
  },
  {
    id: "openline-hub-redis",
    label: "Openline hub, Redis",
    ...hub,
    part: "redis-server",
    env: { BENCH_STORE: "redis" },
    onlyIn: ["hub-1000", "hub-recover"],
  },
  {
    id: "socket.io",
    label: "Socket.IO 4",
    kind: "other",
    run: { with: "node", file: "socket-io.mjs" },
    part: "node-modules",
    does: ["hub"],
    dialect: socketIoDialect,
  },
  { id: "bun", label: "Bun.serve", kind: "other", run: { with: "bun", file: "bun.mjs" }, part: "bun", does: webSocket },
  {
    id: "gorilla",
    label: "Go gorilla",
    kind: "other",
    run: { with: "itself" },
    part: "gorilla",
    does: webSocket,
    env: { GOMAXPROCS: "1" },
  },
  { id: "raw-node", label: "byte echo, Node", kind: "floor", run: { with: "node", file: "raw-node.mjs" }, does: ["echo"] },
  { id: "raw-epoll", label: "byte echo, epoll", kind: "floor", run: { with: "itself" }, part: "raw-epoll", does: ["echo"] },
];

/** Who is measured by `--quick`. */
export const quickContestants: readonly string[] = ["openline", reference, "openline-http", "openline-view", "bun"];

/** Whether this contestant does that workload. */
export function takesPart(contestant: Contestant, workload: Workload): boolean {
  if (!contestant.does.includes(workload.work)) return false;
  if (workload.only !== undefined && !workload.only.includes(contestant.id)) return false;
  if (contestant.onlyIn !== undefined && !contestant.onlyIn.includes(workload.id)) return false;
  return contestant.kind !== "floor" || workload.rawBytes !== undefined;
}
