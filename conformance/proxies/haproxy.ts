import { freePort } from "@openline/testkit";
import { startProxyProcess } from "./proxy-process.ts";

/** A running HAProxy, for one test: one port for each backend. */
export interface Haproxy<Name extends string> {
  readonly ports: Readonly<Record<Name, number>>;
  readonly stop: () => Promise<void>;
}

/** Starts Debian's HAProxy; `backends` are `host:port` by name. A connection that is idle for 2 s after its upgrade is cut. */
export async function startHaproxy<Name extends string>(backends: Readonly<Record<Name, string>>): Promise<Haproxy<Name>> {
  const entries = Object.entries<string>(backends);
  const ports = await Promise.all(entries.map(() => freePort()));
  const { stop } = await startProxyProcess({
    name: "haproxy",
    configuration: () => head + entries.map(([name, address], index) => section(name, address, ports[index] ?? 0)).join(""),
    args: (_folder, file) => ["-db", "-f", file],
    port: ports[0] ?? 0,
  });
  return { ports: Object.fromEntries(entries.map(([name], index) => [name, ports[index]])) as Record<Name, number>, stop };
}

const head = `
global
  maxconn 256
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel 2s
`;

const section = (name: string, address: string, port: number): string => `
frontend ${name}
  bind 127.0.0.1:${port}
  default_backend ${name}
backend ${name}
  server only ${address}
`;
