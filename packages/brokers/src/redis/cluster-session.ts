import type * as Driver from "@redis/client";
import { destroyQuietly, type NodeClient, scanOne } from "./node-client.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { ConnectionOptions, OpenSession, RedisSession, SessionEvents } from "./redis-session.ts";

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sessions with a cluster: commands go to the master of their slot, and each channel is heard from the master of its slot (sharded pub/sub).
 * The first connection to break ends the session, as with one server: what was missed meanwhile is then asked for everywhere.
 * Nodes that were seen once are remembered, so that the one in the address may be gone later.
 */
export function clusterSessions(driver: typeof Driver, address: RedisAddress, options: ConnectionOptions): OpenSession {
  const { username, password } = new URL(address.url);
  const defaults = {
    ...options,
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
  };
  const given = [new URL(address.url).host, ...address.nodes].map(readPlace);
  let seen: readonly Place[] = [];
  const create = (): Cluster => {
    const rootNodes = [...given, ...seen].map((place) => ({ socket: { ...options.socket, ...place } }));
    return driver.createCluster({ rootNodes, defaults, RESP: 2, maxCommandRedirections: 16 });
  };
  return async (events, signal) => {
    const session = await openCluster(create(), events, signal);
    seen = session.places;
    return session;
  };
}

type Cluster = Driver.RedisClusterType<{}, {}, {}, 2>;

async function openCluster(
  cluster: Cluster,
  events: SessionEvents,
  signal: AbortSignal,
): Promise<RedisSession & { readonly places: Place[] }> {
  let isOver = false;
  const destroy = (): void => {
    if (isOver) return;
    isOver = true;
    destroyAll(cluster);
  };
  const lost = (error: unknown): void => {
    if (isOver) return;
    destroy();
    events.lost(error);
  };
  let isReady = false;
  // Without a listener an error event would end the process. Until it is ready, `connect` tells.
  for (const name of ["error", "node-error"]) cluster.on(name, (error: unknown) => isReady && lost(error));
  signal.addEventListener("abort", destroy, { once: true });
  try {
    await cluster.connect();
    // It connects while it cannot serve, for instance before a replica has taken over.
    await Promise.all((await masters(cluster)).map(checkState));
    isReady = true;
    if (signal.aborted) throw new Error("the connection was given up");
  } catch (error) {
    destroy();
    throw error;
  }
  const hear = (text: string, channel: string): void => events.message(text, channel);
  return {
    places: [...cluster.masters, ...cluster.replicas].map(({ host, port }) => ({ host, port })),
    command: async (key, args) => await cluster.sendCommand(key, false, [...args]),
    async *scan(pattern) {
      for (const client of await masters(cluster)) yield* scanOne(client, pattern);
    },
    // A sharded subscription belongs to one slot, so each goes by itself.
    subscribe: async (channels) => void (await Promise.all(channels.map(async (channel) => await cluster.sSubscribe(channel, hear)))),
    unsubscribe: async (channel) => await cluster.sUnsubscribe(channel, hear),
    ping: async () => {
      await Promise.all((await masters(cluster)).map(async (client) => await client.ping()));
      await Promise.all(cluster.masters.map(pingChannels));
    },
    destroy,
  };
}

async function masters(cluster: Cluster): Promise<NodeClient[]> {
  return await Promise.all(cluster.masters.map(async (node) => await cluster.nodeClient(node)));
}

/** The connection for channels comes with the first channel of a master and goes with the last one: that is no loss. */
async function pingChannels(master: Cluster["masters"][number]): Promise<void> {
  const { pubSub } = master;
  if (pubSub === undefined) return;
  try {
    await (await (pubSub.connectPromise ?? pubSub.client)).ping();
  } catch (error) {
    if (master.pubSub === pubSub) throw error;
  }
}

async function checkState(client: NodeClient): Promise<void> {
  const info = String(await client.sendCommand(["CLUSTER", "INFO"]));
  if (!info.includes("cluster_state:ok")) throw new Error("the cluster is down: not all of its slots are served");
}

/** One by one: the driver's own `destroy` stops at the first client that is gone already. */
function destroyAll(cluster: Cluster): void {
  for (const { client, pubSub } of cluster.masters) {
    if (client !== undefined) destroyQuietly(client);
    if (pubSub !== undefined) destroyQuietly(pubSub.client);
  }
  destroyQuietly(cluster);
}

function readPlace(text: string): Place {
  const url = new URL(`redis://${text}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 6379) };
}
