import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { type SessionRegister, SessionRouter } from "../../src/sockjs/session-router.ts";
import { SessionHomes } from "../../src/workers/session-homes.ts";

/** Two workers that share a register; each answers with its name, its visitor and the body. */
async function twoWorkers(t: TestContext): Promise<{ first: SessionRouter; second: SessionRouter; url: string; seen: IncomingMessage[] }> {
  const homes = new SessionHomes();
  const register = (worker: number): SessionRegister => ({
    sessionHome: async (id, path, opens) => homes.find(worker, { id, path, opens }) ?? undefined,
    sessionOver: (id) => homes.over(worker, id),
  });
  const seen: IncomingMessage[] = [];
  const worker = (number: number): SessionRouter => {
    const router: SessionRouter = new SessionRouter(register(number), (request, response) => {
      seen.push(request);
      response.writeHead(200, { "x-worker": String(number), "content-type": "text/plain" });
      response.write(`${JSON.stringify(router.visitorOf(request))}\n`);
      if (request.headers["x-hold"] === undefined) request.pipe(response);
    });
    t.after(() => router.close());
    return router;
  };
  const [first, second] = [worker(1), worker(2)];
  await Promise.all([first.open(), second.open()]);
  const front = createServer((request, response) => {
    void second
      .elsewhere("a", true)
      .then((path) =>
        second.forward(request, response, path ?? "/nowhere", { remoteAddress: "192.0.2.1", origin: "https://münchen.example" }),
      );
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => front.once("listening", resolve));
  t.after(() => {
    front.closeAllConnections();
    front.close();
  });
  const address = front.address();
  return { first, second, seen, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/x?y=1` };
}

test("the process that opened a session has it; others send its requests there, with the visitor's address and origin", async (t) => {
  const { first, second, seen, url } = await twoWorkers(t);
  assert.equal(await first.elsewhere("a", true), undefined);
  assert.equal(typeof (await second.elsewhere("a", false)), "string");
  const answer = await fetch(url, { method: "POST", body: "通知", headers: { "x-openline-visitor": '{"remoteAddress":"forged"}' } });
  assert.equal(answer.headers.get("x-worker"), "1");
  const [visitor, body] = (await answer.text()).split("\n");
  assert.deepEqual(JSON.parse(visitor ?? ""), { remoteAddress: "192.0.2.1", origin: "https://münchen.example" });
  assert.equal(body, "通知");
  assert.equal(seen[0]?.url, "/x?y=1");
  assert.equal(seen[0]?.headers["x-openline-visitor"], undefined);
  first.over("a");
  assert.equal(await second.elsewhere("a", true), undefined);
});

test("a process that is gone breaks the request off, and a client that goes away ends the request that was handed on", async (t) => {
  const { first, seen, url } = await twoWorkers(t);
  await first.elsewhere("a", true);
  const abort = new AbortController();
  fetch(url, { method: "POST", headers: { "x-hold": "1" }, signal: abort.signal }).catch(() => undefined);
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const gone = new Promise((resolve) => seen[0]?.socket.once("close", resolve));
  abort.abort();
  await gone;
  first.close();
  await assert.rejects(fetch(url, { method: "POST" }));
});

test("before it is open, and for what nobody has, requests stay here", async () => {
  const router = new SessionRouter({ sessionHome: async () => undefined, sessionOver: () => undefined }, () => undefined);
  assert.equal(await router.elsewhere("a", true), undefined);
  await router.open();
  assert.equal(await router.elsewhere("a", false), undefined);
  router.close();
});
