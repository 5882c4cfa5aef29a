import { freePort } from "@openline/testkit";
import { startProxyProcess } from "./proxy-process.ts";

/** A running Caddy, for one test: one port for each backend. */
export interface Caddy<Name extends string> {
  readonly ports: Readonly<Record<Name, number>>;
  readonly stop: () => Promise<void>;
}

/** Starts Debian's Caddy without its administration port; `backends` are `host:port` by name. It keeps upgraded connections however long they are idle. */
export async function startCaddy<Name extends string>(backends: Readonly<Record<Name, string>>): Promise<Caddy<Name>> {
  const entries = Object.entries<string>(backends);
  const ports = await Promise.all(entries.map(() => freePort()));
  const { stop } = await startProxyProcess({
    name: "caddy",
    configuration: () => head + entries.map(([, address], index) => site(address, ports[index] ?? 0)).join(""),
    args: (_folder, file) => ["run", "--adapter", "caddyfile", "--config", file],
    // It writes down what it was configured with.
    environment: (folder) => ({ XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }),
    port: ports[0] ?? 0,
  });
  return { ports: Object.fromEntries(entries.map(([name], index) => [name, ports[index]])) as Record<Name, number>, stop };
}

const head = `
{
  admin off
  auto_https off
}
`;

/** What docs/operations.md shows, on a loopback port and without TLS. */
const site = (address: string, port: number): string => `
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy ${address}
}
`;
