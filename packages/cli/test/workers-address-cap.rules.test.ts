// `openline serve --workers 2 --max-connections-per-address 3`: one cap for all workers. The built binary and real sockets.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { WebSocket } from "@openline/ws";
import { until } from "./nodes-fixture.ts";
import { type Crew, startCrew } from "./workers-fixture.ts";

/** What a handshake comes to: an open socket, or what it was answered. */
type Visit = { readonly socket: WebSocket } | { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

/** Opens a WebSocket as a proxy would that names the client's address. */
async function visit(t: TestContext, { port }: Crew, address: string): Promise<Visit> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/hub`, { headers: { "x-forwarded-for": address } });
  t.after(() => socket.terminate());
  return await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      // What ends a worker ends its sockets.
      socket.off("error", reject).on("error", () => {});
      resolve({ socket });
    });
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], body }));
    });
  });
}

/** Comes again until it is let in: a place that became free is known elsewhere a moment later. */
async function comeIn(t: TestContext, crew: Crew, address: string): Promise<WebSocket> {
  let inside: WebSocket | undefined;
  await until(
    "there is room",
    async () => {
      const answer = await visit(t, crew, address);
      inside = "socket" in answer ? answer.socket : undefined;
      return inside !== undefined;
    },
    60_000,
  );
  return inside ?? assert.fail("it did not come in");
}

/** Goes again until one is refused, then so are all that come after it, whichever worker they meet. */
async function assertFull(t: TestContext, crew: Crew, address: string): Promise<void> {
  await until(
    "it is full",
    async () => {
      const answer = await visit(t, crew, address);
      if ("socket" in answer) answer.socket.terminate();
      return !("socket" in answer);
    },
    60_000,
  );
  for (let turn = 0; turn < 4; turn++) {
    const answer = await visit(t, crew, address);
    if ("socket" in answer) assert.fail("one too many came in");
    assert.equal(answer.status, 503);
    assert.match(answer.retryAfter ?? "", /^[1-9]$/);
    assert.match(answer.body, new RegExp(`"the address ${address} has 3 connections.*"code":"too-many-connections"`));
  }
}

/** The workers in the order in which they took connections, by the log. */
function takers({ started }: Crew): number[] {
  return [...started.out().matchAll(/"worker":(\d+),"connection":[^\n]*"msg":"connection-opened"/g)].map(([, worker]) => Number(worker));
}

function pidOf({ started }: Crew, worker: number): number {
  const [, pid] = new RegExp(`"worker":${worker},"pid":(\\d+),"msg":"a worker starts"`).exec(started.out()) ?? [];
  return Number(pid);
}

test("R16: the cap per address holds for all workers together; a place is free again when its connection closes, and when its worker is killed", async (t) => {
  const crew = await startCrew(t, 2, "--trust-proxy", "127.0.0.1", "--max-connections-per-address", "3");
  const [here, elsewhere] = ["203.0.113.7", "203.0.113.8"];
  const first = await comeIn(t, crew, here);
  await comeIn(t, crew, here);
  await comeIn(t, crew, here);
  await until("the log has them", () => takers(crew).length >= 3);
  // In turn; where the system shares the port, as it likes.
  if (/^2[02]\./.test(process.versions.node)) assert.equal(new Set(takers(crew)).size, 2);
  await assertFull(t, crew, here);

  const other = await visit(t, crew, elsewhere);
  assert.ok("socket" in other, "another address has places of its own");

  first.close();
  await comeIn(t, crew, here);
  await assertFull(t, crew, here);

  const [victim = 0] = takers(crew).slice(1);
  const pid = pidOf(crew, victim);
  process.kill(pid, "SIGKILL");
  await crew.renewed(2, [pid]);
  await comeIn(t, crew, here);
});
