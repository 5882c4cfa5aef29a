import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Case, cases, readable } from "./cases.ts";
import { canCompress, endpoint, endpointName } from "./endpoint.ts";
import { nodeClient } from "./peers/node-client.ts";
import { startNodeServer } from "./peers/node-server.ts";
import type { Ability, Closed, EchoServer, Lacks, Peer, ScriptedClient, Seen } from "./script.ts";

/** One client, one server, and what lies between them. */
export interface Pairing {
  readonly name: string;
  /** Why it cannot be tried on this machine. */
  readonly missing?: string | undefined;
  readonly clientLacks: Lacks;
  readonly serverLacks: Lacks;
  startClient(): Promise<ScriptedClient & { readonly bytesWritten?: number }>;
  startServer(): Promise<EchoServer>;
}

/** Runs the table with the peer's client on our server and with our client on the peer's server. */
export function tryBothWays({ name, missing, client, server }: Peer): void {
  if (client) {
    runCases({
      name: `${name} as the client of ${endpointName}`,
      missing,
      clientLacks: client.lacks,
      serverLacks: {},
      startClient: () => client.start(),
      startServer: () => startNodeServer(endpoint),
    });
  }
  if (server) {
    runCases({
      name: `${endpointName} as the client of ${name}`,
      missing,
      clientLacks: {},
      serverLacks: server.lacks,
      startClient: () => Promise.resolve(nodeClient(endpoint)),
      startServer: () => server.start(),
    });
  }
}

/** Makes a test of each case that both ends can do, one after the other on one client and one server. */
export function runCases(pairing: Pairing): void {
  describe(pairing.name, () => {
    let client: Awaited<ReturnType<Pairing["startClient"]>> | undefined;
    let server: EchoServer | undefined;
    before(async () => {
      if (pairing.missing !== undefined) return;
      server = await pairing.startServer();
      client = await pairing.startClient();
    });
    after(async () => {
      await client?.stop();
      await server?.stop();
    });
    for (const it of cases) {
      if (!can(pairing.clientLacks, it.client) || !can(pairing.serverLacks, it.server)) continue;
      const skip = pairing.missing ?? (it.compress && !canCompress ? `${endpointName} does not negotiate permessage-deflate` : false);
      test(it.name, { skip, timeout: 8000 }, async () => {
        assert.ok(client && server);
        await check(it, client, server);
      });
    }
  });
}

const can = (lacks: Lacks, needed: readonly Ability[] = []): boolean => needed.every((ability) => lacks[ability] === undefined);

async function check(it: Case, client: ScriptedClient & { readonly bytesWritten?: number }, server: EchoServer): Promise<void> {
  const compress = it.compress === true;
  const path = `/${(connections += 1)}`;
  const seen = await client.run({ url: `${server.url(compress)}${path}`, compress, steps: it.steps });
  const [open, ...rest] = seen;
  assert.ok(open?.seen === "open", `the first thing seen is ${JSON.stringify(open)}`);
  assert.match(open.extensions, compress ? /^permessage-deflate/ : /^$/);
  const closed = rest.pop();
  assert.deepEqual(rest.map(readable), (it.sees ?? []).map(readable));
  checkClosed(closed, it);
  const { code, reason } = await closedAt(path, server);
  assert.deepEqual({ code, reason: it.serverClosed.reason === undefined ? undefined : reason }, { reason: undefined, ...it.serverClosed });
  if (it.atMostBytes !== undefined && client.bytesWritten !== undefined) {
    assert.ok(client.bytesWritten <= it.atMostBytes, `${client.bytesWritten} bytes were written, at most ${it.atMostBytes} were expected`);
  }
}

let connections = 0;

/** The end of that connection; those of connections that failed earlier are passed over. */
async function closedAt(path: string, server: EchoServer): Promise<Closed> {
  for (;;) {
    const closed = await server.nextClosed();
    if (closed.path === path) return closed;
  }
}

function checkClosed(closed: Seen | undefined, it: Case): void {
  assert.ok(closed?.seen === "close", `the last thing seen is ${JSON.stringify(closed)}`);
  assert.equal(closed.code, it.clientClosed.code);
  if (it.clientClosed.reason !== undefined) assert.equal(closed.reason, it.clientClosed.reason);
  if (closed.clean !== undefined) assert.equal(closed.clean, true);
}
