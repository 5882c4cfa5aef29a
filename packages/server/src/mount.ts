import type { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { isHttp2Server, listenForConnects } from "@openline/ws";
import { rawPath } from "./request-path.ts";
import type { UpgradeListener } from "./upgrade.ts";

/** What {@link mountOn} is told. */
export interface MountOptions {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** Other paths of ours, where the base path is the root; no slash at their end. Default none. */
  readonly extraPaths?: readonly string[] | undefined;
  readonly onRequest: RequestListener;
  readonly onUpgrade: UpgradeListener;
}

/** A server that another application can own. */
export type MountableServer = HttpServer | Http2Server | Http2SecureServer;

type UpgradeArguments = Parameters<UpgradeListener>;

/**
 * Puts the server into an http server that belongs to another application (Express, Fastify, Hono …): requests below the base path come here, all others go
 * to the listeners that are there already, and so do upgrades. Mount after the application has put its own listeners there. Returns the
 * function that gives everything back.
 */
export function mountOn(given: MountableServer, { basePath, extraPaths, onRequest, onUpgrade }: MountOptions): () => void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of HTTP/2's servers, requests and responses it is asked for what they have
  const server = given as HttpServer;
  const requests = server.listeners("request");
  const upgrades = server.listeners("upgrade");
  const isOurs = ownPaths(basePath, extraPaths);
  const request = (incoming: IncomingMessage, response: ServerResponse): void => {
    if (isOurs(incoming)) onRequest(incoming, response);
    else for (const listener of requests) Reflect.apply(listener, server, [incoming, response]);
  };
  const upgrade = function (this: HttpServer, ...args: UpgradeArguments): void {
    if (isOurs(args[0])) return onUpgrade.apply(this, args);
    // As Node does with upgrades that nobody listens for, but for those that are ours: the connection ends.
    if (upgrades.length === 0) args[1].destroy();
    else for (const listener of upgrades) Reflect.apply(listener, this, args);
  };
  server.removeAllListeners("request").on("request", request);
  server.removeAllListeners("upgrade").on("upgrade", upgrade);
  const endConnects = takeConnects(server, isOurs, onUpgrade);
  return () => {
    endConnects();
    putBack(server, "request", request, requests);
    putBack(server, "upgrade", upgrade, upgrades);
  };
}

/** Of a server of `node:http2` the WebSockets over HTTP/2 too, those that are ours (RFC 8441). */
function takeConnects(server: HttpServer, isOurs: (request: IncomingMessage) => boolean, onUpgrade: UpgradeListener): () => void {
  const given: object = server;
  if (!isHttp2Server(given)) return () => {};
  return listenForConnects(given, (request, socket, head) => isOurs(request) && onUpgrade.call(server, request, socket, head));
}

/** At the root only the paths that are ours by name: the application keeps its pages. */
function ownPaths(basePath: string, extraPaths: readonly string[] = []): (request: IncomingMessage) => boolean {
  return ({ url }) => {
    const path = rawPath(url);
    if (basePath !== "/") return path.startsWith(basePath) || path === basePath.slice(0, -1);
    if (extraPaths.some((extra) => path === extra || path.startsWith(`${extra}/`))) return true;
    return path === "/hub" || path === "/health" || path.startsWith("/api/");
  };
}

type Listener = (...args: unknown[]) => void;

const isListener = (value: unknown): value is Listener => typeof value === "function";

function putBack(server: EventEmitter, event: "request" | "upgrade", ours: unknown, theirs: readonly unknown[]): void {
  if (!isListener(ours) || !server.listeners(event).some((listener) => listener === ours)) return;
  server.off(event, ours);
  for (const listener of theirs) if (isListener(listener)) server.on(event, listener);
}
