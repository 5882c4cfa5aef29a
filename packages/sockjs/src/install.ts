import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { isHttp2Server, listenForConnects } from "@openline/ws";
import { answerText } from "./answer.ts";

/** What {@link installOn} needs of an endpoint. */
export interface Installable {
  isOurs(request: IncomingMessage): boolean;
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Puts an endpoint before the listeners of an http server. Returns the function that gives everything back. */
export function installOn(server: EventEmitter, endpoint: Installable): () => void {
  const requests = server.listeners("request");
  const upgrades = server.listeners("upgrade");
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (endpoint.isOurs(request)) endpoint.handleRequest(request, response);
    else if (server.listenerCount("request") === 1 && requests.length === 0) answerText(response, 404, "Not found\n");
    else for (const listener of requests) Reflect.apply(listener, server, [request, response]);
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (endpoint.isOurs(request)) endpoint.handleUpgrade(request, socket, head);
    // With a listener of ours Node leaves such sockets open. One that was put on after this hears of them by itself.
    else if (server.listenerCount("upgrade") === 1 && upgrades.length === 0) socket.destroy();
    else for (const listener of upgrades) Reflect.apply(listener, server, [request, socket, head]);
  };
  server.removeAllListeners("request").on("request", onRequest);
  server.removeAllListeners("upgrade").on("upgrade", onUpgrade);
  const endConnects = takeConnects(server, endpoint);
  return () => {
    endConnects();
    putBack(server, "request", onRequest, requests);
    putBack(server, "upgrade", onUpgrade, upgrades);
  };
}

/** Of a server of `node:http2` the WebSockets over HTTP/2, too (RFC 8441): it announces them then. */
function takeConnects(server: EventEmitter, endpoint: Installable): () => void {
  if (!isHttp2Server(server)) return () => undefined;
  return listenForConnects(server, (request, socket, head) => {
    if (!endpoint.isOurs(request)) return false;
    endpoint.handleUpgrade(request, socket, head);
    return true;
  });
}

type Listener = (...args: unknown[]) => void;

const isListener = (value: unknown): value is Listener => typeof value === "function";

function putBack(server: EventEmitter, event: "request" | "upgrade", ours: unknown, theirs: readonly unknown[]): void {
  if (!isListener(ours) || !server.listeners(event).some((listener) => listener === ours)) return;
  server.off(event, ours);
  for (const listener of theirs) if (isListener(listener)) server.on(event, listener);
}
