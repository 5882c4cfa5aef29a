import { freePort } from "@openline/testkit";
import { startProxyProcess } from "../proxies/proxy-process.ts";

/** HAProxy before several nodes: asks their readiness five times a second, and gives each connection to the node that has the fewest. */
export interface Balancer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const port = await freePort();
  const { stop } = await startProxyProcess({
    name: "haproxy",
    configuration: () => configuration(port, ports),
    args: (_folder, file) => ["-db", "-f", file],
    port,
  });
  return { url: `http://127.0.0.1:${port}/`, stop };
}

const configuration = (port: number, ports: readonly number[]): string => `
global
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  option redispatch
  retries 3
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  default_backend hub
backend hub
  balance leastconn
  option httpchk
  http-check send meth GET uri /ready ver HTTP/1.1 hdr Host localhost
  default-server check inter 200ms fall 1 rise 1
${ports.map((each, index) => `  server node${index + 1} 127.0.0.1:${each}`).join("\n")}
`;
