import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Gate } from "../gate.ts";
import type { Metrics } from "../operations/metrics.ts";
import { problemResponse } from "../problems.ts";

/** `GET …/metrics`, for Prometheus: with a key for `metrics` where there are keys, else from this machine only. */
export function metricsRoute(
  metrics: Pick<Metrics, "text" | "contentType">,
  gate: Pick<Gate, "checkMetrics">,
): (c: Context<{ Bindings: HttpBindings }>) => Promise<Response> {
  return async (c) => {
    const refused = gate.checkMetrics(c.env.incoming);
    if (refused !== undefined) return problemResponse(refused);
    return c.body(await metrics.text(), 200, { "content-type": metrics.contentType, "cache-control": "no-store" });
  };
}
