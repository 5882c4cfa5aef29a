import type { Server } from "node:http";
import { networkInterfaces } from "node:os";
import { isWildcard } from "./authority.ts";
import { faultCode } from "./fault.ts";

/** What {@link openListeners} is told. */
export interface ListenOptions {
  /** `localhost` stands for both loopback addresses. */
  readonly host: string;
  /** 0 lets the system choose; both families get the same one. */
  readonly port: number;
  /** Makes a server that is wired up but does not listen yet. */
  readonly create: () => Server;
  /** Whether other sockets that say the same may listen there too, each getting its part of the connections. Default false. */
  readonly sharesPort?: boolean;
  /** Sockets that listen already, instead of all that. In a worker they are those of its primary. */
  readonly descriptors?: readonly number[];
}

/** The addresses that `localhost` means. The second is left out on a machine without that family. */
const loopback = ["127.0.0.1", "::1"] as const;
const familyMissing = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/**
 * Opens the listening sockets: one, or for `localhost` one per address family, so that neither answer of a resolver meets another program.
 * @returns the servers, listening, at least one
 * @throws the system's error (`EADDRINUSE`, `EACCES` …) with nothing left open
 */
export async function openListeners(options: ListenOptions): Promise<Server[]> {
  const { host, port, descriptors = [], create } = options;
  if (descriptors.length > 0) return await Promise.all(descriptors.map(async (fd) => await listen(create(), { fd })));
  if (host.toLowerCase() !== "localhost") return [await listenAt(options, host.replace(/^\[(.*)\]$/, "$1"), port)];
  for (let attempt = 1; ; attempt++) {
    try {
      return await openLoopback(options);
    } catch (error) {
      // A port that the system chose for one family may be taken in the other.
      if (port !== 0 || faultCode(error) !== "EADDRINUSE" || attempt === 5) throw error;
    }
  }
}

async function openLoopback(options: ListenOptions): Promise<Server[]> {
  const servers: Server[] = [];
  let lastError: unknown;
  for (const address of loopback) {
    try {
      servers.push(await listenAt(options, address, portOf(servers[0]) ?? options.port));
    } catch (error) {
      lastError = error;
      if (familyMissing.has(faultCode(error))) continue;
      for (const server of servers) server.close();
      throw error;
    }
  }
  if (servers.length === 0) throw lastError;
  return servers;
}

async function listenAt({ create, sharesPort = false }: ListenOptions, host: string, port: number): Promise<Server> {
  // Where it is false it is left out: an older Node does not know it.
  return await listen(create(), { host, port, ...(sharesPort && { reusePort: true }) });
}

function listen(server: Server, where: object): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/** The port that a server listens on; undefined when it does not. */
export function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === "object" ? address?.port : undefined;
}

/**
 * The names under which listening servers are reached, as they stand in a URL, the one to show first: for `localhost` and for the wildcards more
 * than one.
 */
export function reachableNames(host: string, servers: readonly Server[]): string[] {
  if (host.toLowerCase() === "localhost") return ["localhost", ...servers.flatMap((server) => inUrl(boundAddress(server)))];
  if (!isWildcard(host)) return [inUrl(host)];
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const families = host === "0.0.0.0" ? ["IPv4"] : ["IPv4", "IPv6"];
  const outside = own.filter(({ internal, family, address }) => !internal && families.includes(family) && !address.startsWith("fe80:"));
  return ["localhost", ...outside.map(({ address }) => inUrl(address))];
}

const inUrl = (address: string): string => (address.includes(":") && !address.startsWith("[") ? `[${address}]` : address);

function boundAddress(server: Server): string {
  const address = server.address();
  return typeof address === "object" ? (address?.address ?? "") : "";
}
