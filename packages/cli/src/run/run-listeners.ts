import { chmodSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer, type Server as HttpsServer } from "node:https";
import { connect } from "node:net";
import { dirname } from "node:path";
import { CommandFailure, listenFailure } from "../failure.ts";
import type { RunSettings } from "./run-settings.ts";

/** Where a server listens: what to show, and what to close. */
export interface RunListening {
  readonly servers: readonly (HttpServer | HttpsServer)[];
  readonly urls: readonly string[];
}

type Place = Pick<RunSettings, "port" | "addresses" | "listensOnPort" | "unixSocket" | "tls" | "redirectPort">;
type Attach = (server: HttpServer | HttpsServer) => void;

/** Slow requests are not waited for; a request that has been read may take its time. */
const times = { headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 15_000 } as const;
const loopback = ["127.0.0.1", "::1"] as const;

/**
 * Listens everywhere the settings say, `attach` wires each server up before.
 * @throws CommandFailure: 3 when it cannot listen, 1 for certificates that cannot be used; nothing stays open then
 */
export async function openRunListeners(place: Place, attach: Attach): Promise<RunListening> {
  const servers: (HttpServer | HttpsServer)[] = [];
  try {
    const urls = place.listensOnPort ? await openPorts(place, attach, servers) : [];
    if (place.unixSocket !== undefined) {
      servers.push(await openUnixSocket(place, attach));
      urls.push(`unix:${place.unixSocket}`);
    }
    return { servers, urls };
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

async function openPorts(place: Place, attach: Attach, servers: (HttpServer | HttpsServer)[]): Promise<string[]> {
  const isDefault = place.addresses.length === 0;
  let port = place.port;
  const urls: string[] = [];
  for (const address of isDefault ? loopback : place.addresses) {
    const host = address.replace(/^\[(.*)\]$/, "$1");
    const server = create(place);
    attach(server);
    const isOpen = await listenOn(server, host, port).then(
      () => true,
      // A machine without the second address family still has the first.
      (error: unknown) => (isDefault && urls.length > 0 && isFamilyMissing(error) ? false : fail(error, host, port)),
    );
    if (!isOpen) continue;
    servers.push(server);
    port = portOf(server, port);
    const name = isDefault ? "localhost" : host.includes(":") ? `[${host}]` : host;
    const url = `${place.tls === undefined ? "ws" : "wss"}://${name}:${port}/`;
    if (!urls.includes(url)) urls.push(url);
    if (place.redirectPort !== undefined) servers.push(await openRedirect(place, host, port));
  }
  return urls;
}

function create({ tls }: Place): HttpServer | HttpsServer {
  if (tls === undefined) return createServer(times);
  try {
    const ca = tls.ca === undefined ? {} : { ca: readFileSync(tls.ca), requestCert: true, rejectUnauthorized: true };
    return createSecureServer({ ...times, cert: readFileSync(tls.cert), key: readFileSync(tls.key), minVersion: "TLSv1.2", ...ca });
  } catch (error) {
    throw new CommandFailure(`the certificate cannot be used: ${messageOf(error)}`, 1);
  }
}

async function openRedirect({ tls, redirectPort = 0 }: Place, host: string, port: number): Promise<HttpServer> {
  const scheme = tls === undefined ? "http" : "https";
  const server = createServer(times, (request, response) => {
    const [, name = host] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d+)?$/i.exec(request.headers.host ?? "") ?? [];
    response.writeHead(301, { location: `${scheme}://${name}:${port}/`, "content-length": 0 }).end();
  });
  await listenOn(server, host, redirectPort).catch((error: unknown) => fail(error, host, redirectPort));
  return server;
}

async function openUnixSocket(place: Place, attach: Attach): Promise<HttpServer | HttpsServer> {
  const { unixSocket: path = "" } = place;
  checkSocketPath(path);
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) {
    if (await isAlive(path)) throw new CommandFailure(`a server listens on ${path} already`, 3);
    rmSync(path);
  }
  const server = create(place);
  attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new CommandFailure(`cannot listen on ${path}: ${messageOf(error)}`, 3)));
    server.listen(path, resolve);
  });
  // Who may write to it may connect: the owner.
  chmodSync(path, 0o755);
  return server;
}

/** What `sun_path` holds without its last zero (unix(7)). A longer path would be cut, and another file than the one that was asked for made. */
const mostPathBytes: Partial<Record<NodeJS.Platform, number>> = { linux: 107, darwin: 103 };

function checkSocketPath(path: string): void {
  const most = mostPathBytes[process.platform];
  const bytes = Buffer.byteLength(path);
  if (most !== undefined && bytes > most)
    throw new CommandFailure(`--unixsocket: a socket's path has at most ${most} bytes, this one has ${bytes}: ${path}`, 3);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CommandFailure(`cannot listen on ${path}: there is no folder ${dirname(path)}`, 3);
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function listenOn(server: HttpServer | HttpsServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function fail(error: unknown, host: string, port: number): never {
  const failure = listenFailure(error, host, port);
  throw failure instanceof CommandFailure ? new CommandFailure(failure.message.replaceAll("--host", "--address"), 3) : failure;
}

function isFamilyMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT");
}

function portOf(server: HttpServer | HttpsServer, fallback: number): number {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? fallback) : fallback;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
