import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Heard } from "../../src/heard.ts";
import { EventStream, eventText } from "../../src/reading/event-stream.ts";

test("a stored message is an event without a name, its position the id (WHATWG HTML §9.2.5)", () => {
  const message = { type: "message", room: "a", position: "e.2.t", previous: "e.1.t", data: "line\nbreak 👋", time: 5 } as const;
  const data = JSON.stringify({ position: "e.2.t", previous: "e.1.t", data: "line\nbreak 👋", time: 5 });
  assert.equal(eventText(message), `id: e.2.t\ndata: ${data}\n\n`);
});

test("what else happens has its name; only what moves the reader has an id", () => {
  const texts = [
    { type: "joined", room: "a", position: "e.2.t", replay: 0, memberCount: 3 },
    { type: "joined", room: "a", position: "e.2.t", replay: 2, recovered: true, memberCount: 3 },
    { type: "ephemeral", room: "a", data: 1, time: 5 },
    { type: "gap", room: "a", count: 4, position: "e.7.t" },
    { type: "insufficient", room: "a", position: "f.0.t" },
    { type: "left", room: "a", code: "removed", message: "out" },
    { type: "pong" },
  ] as const;
  assert.deepEqual(
    texts.map((message) =>
      eventText(message)
        .split("\n")
        .slice(0, -2)
        .map((line) => line.replace(/^data: .*/, "data")),
    ),
    [
      ["event: joined", "id: e.2.t", "data"],
      ["event: joined", "data"],
      ["event: ephemeral", "data"],
      ["event: gap", "id: e.7.t", "data"],
      ["event: insufficient", "id: f.0.t", "data"],
      ["event: left", "data"],
      [],
    ],
  );
});

const heard = (message: object): Heard => new Heard(JSON.stringify(message));
const joined = heard({ type: "joined", ref: 2, room: "a", position: "e.1.t", replay: 0, memberCount: 0 });

test("nothing is sent before the hub has let it in; then the head, a time to come back, and events", async (t) => {
  const { response, answer } = await exchange(t);
  const told: string[] = [];
  const owner = { begun: () => told.push("begun"), drained: () => told.push("drained"), refused: () => told.push("refused") };
  const stream = new EventStream(response, owner, { "access-control-allow-origin": "https://a.test" }, () => 0.5);
  stream.hear(heard({ type: "connected", ref: 1, version: 1, session: { id: "s", resume: "r" }, resumed: false }));
  assert.equal(response.headersSent, false);
  assert.equal(stream.hear(joined), true);
  stream.ended(1012, "restart");
  const { headers, text } = await answer;
  assert.deepEqual(told, ["begun"]);
  assert.deepEqual(
    [headers["content-type"], headers["cache-control"], headers["access-control-allow-origin"]],
    ["text/event-stream", "no-store", "https://a.test"],
  );
  assert.match(text, /^retry: 3000\n\nevent: joined\nid: e\.1\.t\n/);
  assert.match(text, /event: close\ndata: \{"code":1012,"reason":"restart"\}\n\n$/);
});

test("a refusal before the head is the owner's to answer", async (t) => {
  const { response } = await exchange(t);
  const refused: string[] = [];
  const ignore = (): void => undefined;
  const stream = new EventStream(response, { begun: ignore, drained: ignore, refused: ({ detail }) => refused.push(detail) }, {});
  stream.hear(heard({ type: "error", ref: 2, code: "forbidden", message: "not yours" }));
  stream.hear(heard({ type: "error", code: "restarting", message: "the server restarts" }));
  stream.ended(4403, "unauthorized");
  assert.deepEqual(refused, ["not yours", "the hub closed the connection: unauthorized"]);
  response.end();
});

test("a reader that does not read is said to be full above 64 KiB, and to have room when it reads on (R3)", async (t) => {
  const { response, answer, resume } = await exchange(t, true);
  let wake: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => (wake = resolve));
  const stream = new EventStream(response, { begun: () => undefined, drained: () => wake(), refused: () => undefined }, {});
  stream.hear(joined);
  let sent = 0;
  while (stream.hear(heard({ type: "message", room: "a", position: `e.${++sent}.t`, data: "x".repeat(10_000), time: 1 })))
    await new Promise(setImmediate);
  resume();
  await drained;
  stream.ended(1000, "");
  assert.equal((await answer).text.match(/"data":"x/g)?.length, sent);
});

interface Exchange {
  readonly response: ServerResponse;
  readonly answer: Promise<{ headers: IncomingMessage["headers"]; text: string }>;
  readonly resume: () => void;
}

/** A response under way over real HTTP, and what its client gets. */
async function exchange(t: TestContext, isPaused = false): Promise<Exchange> {
  const server = createServer().listen(0);
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let resume: () => void = () => undefined;
  const go = isPaused ? new Promise<void>((resolve) => (resume = resolve)) : Promise.resolve();
  const answer = new Promise<{ headers: IncomingMessage["headers"]; text: string }>((resolve) => {
    request({ port, agent: false }, (incoming) => {
      const read = async (): Promise<void> => {
        await go;
        let text = "";
        for await (const chunk of incoming.setEncoding("utf8")) text += String(chunk);
        resolve({ headers: incoming.headers, text });
      };
      void read();
    })
      .once("error", () => undefined)
      .end();
  });
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  return { response, answer, resume };
}

test("a reader that does not read the end either is cut after 10 s: it holds no connection (R3)", { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { response } = await exchange(t, true);
  const ignore = (): void => undefined;
  const stream = new EventStream(response, { begun: ignore, drained: ignore, refused: ignore }, {});
  stream.hear(joined);
  let sent = 0;
  while (stream.hear(heard({ type: "message", room: "a", position: `e.${++sent}.t`, data: "x".repeat(10_000), time: 1 })))
    await new Promise(setImmediate);
  const faults: unknown[] = [];
  response.on("error", (error) => faults.push(error));
  t.mock.timers.tick(20_000);
  stream.ended(4503, "too-slow");
  t.mock.timers.tick(9_999);
  await new Promise(setImmediate);
  assert.deepEqual([response.destroyed, faults], [false, []], "no comment is written after the end");
  const closed = new Promise((resolve) => response.once("close", resolve));
  t.mock.timers.tick(1);
  await closed;
  assert.equal(response.destroyed, true);
});
