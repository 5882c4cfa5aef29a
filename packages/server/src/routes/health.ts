import type { Context } from "hono";

/** What the health endpoint tells. */
export interface HealthSource {
  /** True from the beginning of the drain. */
  readonly draining: boolean;
  /** Open WebSocket connections. */
  readonly connections: number;
}

/** `GET …/health`: 200 while the server takes requests, 503 once it drains, so that a balancer sends nothing more. */
export function healthRoute(source: HealthSource): (c: Context) => Response {
  return (c) => {
    c.header("cache-control", "no-store");
    const status = source.draining ? "draining" : "ok";
    return c.json({ status, connections: source.connections, uptimeSeconds: Math.round(process.uptime()) }, source.draining ? 503 : 200);
  };
}
