import { loadPeer } from "../optional-peer.ts";
import { clusterSessions } from "./cluster-session.ts";
import { openPair } from "./pair-session.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { ConnectionOptions, OpenSession, RedisTls } from "./redis-session.ts";

const peer = { name: "@redis/client", neededBy: "the Redis broker" };

/** Makes sessions with the Redis at an address. @throws BrokerError `missing-package` */
export async function redisSessions(address: RedisAddress, tls: RedisTls | undefined, connectTimeoutMs: number): Promise<OpenSession> {
  const driver = await loadPeer(peer, async () => await import("@redis/client"));
  const options: ConnectionOptions = {
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: false,
      ...((tls !== undefined || address.url.startsWith("rediss:")) && { tls: true, ...tls }),
    },
    // A command must not wait for a connection: what was not sent is told at once. The driver's own time-out costs an AbortSignal per command (37 % of the time in garbage collection).
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    RESP: 2,
  };
  if (address.cluster) return clusterSessions(driver, address, options);
  return async (events, signal) => await openPair(() => driver.createClient({ ...options, url: address.url }), events, signal);
}
