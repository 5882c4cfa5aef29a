import type { Handler } from "hono";
import { openApi } from "../api/openapi.ts";
import type { Operation } from "../api/operation.ts";

/** What {@link openApiRoute} describes. */
export interface OpenApiRouteOptions {
  readonly operations: readonly Operation[];
  readonly basePath: string;
  readonly version: string;
}

/** `GET …/api/openapi.json`: made once, when it is first asked for. It holds nothing of this server's own, so no key is asked for. */
export function openApiRoute(options: OpenApiRouteOptions): Handler {
  let text: string | undefined;
  return (c) => {
    text ??= JSON.stringify(openApi(options));
    return c.body(text, 200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
  };
}
