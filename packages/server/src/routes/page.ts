import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono, type MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { parseAuthority } from "../authority.ts";

/** Where the build puts the console page: beside the compiled server. */
export const builtConsoleFolder: string = fileURLToPath(new URL("../console/", import.meta.url));

/** What {@link pageRoutes} is built from. */
export interface PageOptions {
  /** The folder with `index.html` and what belongs to it. */
  readonly folder: string;
  /** The path that is cut off before a file is looked up; begins and ends with a slash. */
  readonly basePath: string;
  /** Where a proxy shows the server: the page may open its WebSocket there. */
  readonly publicOrigin: string | undefined;
}

/**
 * The console page: its files, or a page that says how to build them. It takes part as middleware, so that it names no methods for paths at which
 * there is nothing; the index alone is a route.
 */
export function pageRoutes({ folder, basePath, publicOrigin }: PageOptions): Hono {
  const routes = new Hono();
  const files = existsSync(join(folder, "index.html"))
    ? serveStatic({ root: folder, rewriteRequestPath: (path) => path.slice(basePath.length - 1) })
    : notBuilt(basePath);
  routes.use(pageHeaders(publicOrigin), etag(), revalidate);
  routes.get("/", files);
  routes.use(files);
  return routes;
}

const revalidate: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.ok) c.res.headers.set("cache-control", "no-cache");
};

/**
 * The page runs its own scripts and talks to its own server, nothing else; nobody may frame it. `'self'` covers the WebSocket in newer browsers only,
 * so its address stands there by name: the Host that the gate has let in.
 */
function pageHeaders(publicOrigin: string | undefined): MiddlewareHandler {
  const shown = publicOrigin?.replace(/^https?:\/\//, "");
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'", (c): string => sockets(shown ?? c.req.header("host"))],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    strictTransportSecurity: false,
    xXssProtection: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
  });
}

// An IPv6 address cannot stand in a policy (CSP §2.3.1): browsers that are asked for by one have 'self'.
function sockets(host: string | undefined): string {
  const authority = host === undefined ? undefined : parseAuthority(host);
  return authority === undefined || authority.host.startsWith("[") ? "" : `ws://${host} wss://${host}`;
}

function notBuilt(basePath: string): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.path !== basePath || c.req.method !== "GET") return next();
    return c.html(notBuiltPage, 503);
  };
}

const notBuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Openline</title>
<h1>The server runs, its page is not built</h1>
<p>Build it with <code>npm run build</code> in the repository, then start the server again.</p>
<p>The hub (<code>hub</code>), the HTTP API (<code>api/rooms</code>) and <a href="health">the health endpoint</a> work without it.</p>
</html>
`;
