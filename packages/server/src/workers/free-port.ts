import { createServer } from "node:http";
import { openListeners, portOf } from "../listeners.ts";

/**
 * Finds out whether the workers could listen there, before any is started: a port that another program has must not be shared with it by chance.
 * @returns the port, or the one that the system chose for 0
 * @throws the system's error
 */
export async function claimPort(host: string, port: number): Promise<number> {
  const servers = await openListeners({ host, port, create: () => createServer() });
  const bound = portOf(servers[0]) ?? port;
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return bound;
}

/** Whether the system shares one port among several sockets that listen, and this Node can ask it to (Node 23.1, Linux and FreeBSD). */
export function canSharePort(version: string = process.versions.node, platform: NodeJS.Platform = process.platform): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (platform === "linux" || platform === "freebsd") && (major > 23 || (major === 23 && minor >= 1));
}
