import type { Context } from "hono";

/**
 * Why a server wants no new clients: it is about to end; its store is away; it cannot learn what was revoked; or its event loop is more than a second late
 * (R1).
 */
export type Unready = "draining" | "store-away" | "cut-off" | "overloaded";

/** What the health endpoint tells. */
export interface HealthSource {
  /** True from the beginning of the drain. */
  readonly draining: boolean;
  /** Open WebSocket connections. */
  readonly connections: number;
  /** Why no new clients should be sent here; undefined: they are welcome. */
  readonly unready: Unready | undefined;
}

/** `GET …/health`: 200 while the server takes requests, 503 once it drains, so that a balancer sends nothing more. */
export function healthRoute(source: HealthSource): (c: Context) => Response {
  return (c) => {
    c.header("cache-control", "no-store");
    const status = source.draining ? "draining" : "ok";
    return c.json({ status, connections: source.connections, uptimeSeconds: Math.round(process.uptime()) }, source.draining ? 503 : 200);
  };
}

/** `GET …/ready`: 200 while new clients are welcome, else 503 and why. A server that is not ready still serves whom it has. */
export function readyRoute(source: HealthSource): (c: Context) => Response {
  return (c) => {
    c.header("cache-control", "no-store");
    return c.json({ status: source.unready ?? "ready" }, source.unready === undefined ? 200 : 503);
  };
}
