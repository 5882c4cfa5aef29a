import { loadPeer } from "../optional-peer.ts";
import type { RedisAddress } from "./redis-address.ts";

/** TLS of one's own, for `rediss://`. Default: the certificates that Node trusts. PEM texts. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** Connections to Redis from their being up to the first sign that they are not. After `lost` nothing is of use but `destroy`. */
export interface RedisSession {
  /** Sends one command to where `key` lives. Rejects when the answer is an error, or cannot come any more. */
  command(key: string, args: readonly string[]): Promise<unknown>;
  /** All keys that fit a pattern, in parts. */
  scan(pattern: string): AsyncIterable<string[]>;
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Resolves when every server has answered, on the commands' connections and then on those of the channels. */
  ping(): Promise<void>;
  /** Ends all connections; what waits for an answer is rejected. */
  destroy(): void;
}

/** How a session tells what happens in it. */
export interface SessionEvents {
  message(text: string, channel: string): void;
  lost(error: unknown): void;
}

/** Connects; gives up and closes what is open when the signal says so. */
export type OpenSession = (events: SessionEvents, signal: AbortSignal) => Promise<RedisSession>;

const peer = { name: "@redis/client", neededBy: "the Redis broker" };

/** Makes sessions with the Redis at an address. @throws BrokerError `missing-package` */
export async function redisSessions(address: RedisAddress, tls: RedisTls | undefined, connectTimeoutMs: number): Promise<OpenSession> {
  const driver = await loadPeer(peer, async () => await import("@redis/client"));
  const socket = {
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: false as const,
    ...(tls !== undefined && { tls: true as const, ...tls }),
  };
  const options = {
    url: address.url,
    socket,
    // A command must not wait for a connection: what was not sent is told at once. The driver's own time-out costs an AbortSignal per command (37 % of the time in garbage collection).
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    RESP: 2 as const,
  };
  if (!address.cluster) return async (events, signal) => await openPair(() => driver.createClient(options), events, signal);
  const { url: _, ...defaults } = options;
  return async (events, signal) => {
    const { username, password } = new URL(address.url);
    const credentials = {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    };
    // Within a cluster the driver finds its way back to a node by itself; the watchdog judges the whole.
    const reconnecting = { ...socket, reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 500) };
    const cluster = driver.createCluster({
      rootNodes: [{ url: address.url, socket }],
      defaults: { ...defaults, ...credentials, socket: reconnecting },
      RESP: 2,
      maxCommandRedirections: 16,
    });
    cluster.on("error", () => {});
    signal.addEventListener("abort", () => cluster.destroy(), { once: true });
    try {
      await cluster.connect();
    } catch (error) {
      cluster.destroy();
      throw error;
    }
    const hear = (text: string, channel: string): void => events.message(text, channel);
    const masters = async (): Promise<NodeClient[]> =>
      await Promise.all(cluster.masters.map(async (node) => await cluster.nodeClient(node)));
    return {
      command: async (key, args) => await cluster.sendCommand(key, false, [...args]),
      async *scan(pattern) {
        for (const client of await masters()) yield* scanOne(client, pattern);
      },
      // A sharded subscription belongs to one slot, so each goes by itself.
      subscribe: async (channels) => void (await Promise.all(channels.map(async (channel) => await cluster.sSubscribe(channel, hear)))),
      unsubscribe: async (channel) => await cluster.sUnsubscribe(channel, hear),
      ping: async () => void (await Promise.all((await masters()).map(async (client) => await client.ping()))),
      destroy: () => cluster.destroy(),
    };
  };
}

type Listener = (error?: unknown) => void;

/** What is asked of each node of a cluster. */
interface NodeClient {
  ping(): Promise<unknown>;
  sendCommand(args: string[]): Promise<unknown>;
}

/** What is used of the driver's client. */
interface Client extends NodeClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error" | "end", listener: Listener): unknown;
  subscribe(channels: string[], listener: (text: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string, listener: (text: string, channel: string) => void): Promise<void>;
}

/** One connection for commands, one for channels; if one breaks, both are over. */
async function openPair(create: () => Client, events: SessionEvents, signal: AbortSignal): Promise<RedisSession> {
  const pair = [create(), create()] as const;
  const [commands, channels] = pair;
  let isOver = false;
  const destroy = (): void => {
    if (isOver) return;
    isOver = true;
    for (const client of pair) destroyQuietly(client);
  };
  const lost = (error: unknown): void => {
    if (isOver) return;
    destroy();
    events.lost(error);
  };
  // Without a listener an error event would end the process.
  for (const client of pair) client.on("error", lost);
  for (const client of pair) client.on("end", () => lost(new Error("Redis closed the connection")));
  signal.addEventListener("abort", destroy, { once: true });
  try {
    await Promise.all(
      pair.map(async (client) => {
        await client.connect();
        // The other one failed meanwhile, and nobody would close this one.
        if (isOver) destroyQuietly(client);
      }),
    );
  } catch (error) {
    destroy();
    throw error;
  }
  const hear = (text: string, channel: string): void => events.message(text, channel);
  return {
    command: async (_key, args) => await commands.sendCommand([...args]),
    scan: (pattern) => scanOne(commands, pattern),
    subscribe: async (names) => await channels.subscribe([...names], hear),
    unsubscribe: async (name) => await channels.unsubscribe(name, hear),
    ping: async () => {
      await commands.ping();
      await channels.ping();
    },
    destroy,
  };
}

async function* scanOne(client: NodeClient, pattern: string): AsyncIterable<string[]> {
  for (let cursor = "0"; ; ) {
    const reply: unknown = await client.sendCommand(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"]);
    if (!Array.isArray(reply)) return;
    const [next, keys]: unknown[] = reply;
    yield Array.isArray(keys) ? keys.map(String) : [];
    cursor = String(next);
    if (cursor === "0") return;
  }
}

/** A client that never connected, or is gone already, throws. */
function destroyQuietly(client: Client): void {
  try {
    client.destroy();
  } catch {
    // It was closed before.
  }
}
