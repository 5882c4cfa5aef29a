import { destroyQuietly, type NodeClient, scanOne } from "./node-client.ts";
import type { RedisSession, SessionEvents } from "./redis-session.ts";

type Listener = (error?: unknown) => void;

/** What is used of the driver's client. */
interface Client extends NodeClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error" | "end", listener: Listener): unknown;
  subscribe(channels: string[], listener: (text: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string, listener: (text: string, channel: string) => void): Promise<void>;
}

/** One connection for commands, one for channels; if one breaks, both are over. */
export async function openPair(create: () => Client, events: SessionEvents, signal: AbortSignal): Promise<RedisSession> {
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
