import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer, type OpenlineServer } from "@openline/server";
import { findProgram, noRedis, RedisServer } from "@openline/testkit";
import { type Nginx, startNginx } from "../proxies/nginx.ts";

const program = findProgram("nginx");
const skip = noRedis ?? (program.path === undefined && program.reason);

let redis: RedisServer;
let nodes: OpenlineServer[];
/** Hands each request to the node after the one before. */
let nginx: Nginx;

before(async () => {
  if (skip) return;
  redis = await RedisServer.start();
  nodes = [0, 1].map(() =>
    createServer({
      port: 0,
      host: "127.0.0.1",
      basePath: "/wsapp/",
      logLevel: "silent",
      allowedHosts: ["wsbackend"],
      broker: redis.url,
    }),
  );
  const servers: string[] = [];
  for (const node of nodes) servers.push(`server 127.0.0.1:${(await node.listen()).port};`);
  nginx = await startNginx({
    http: `upstream wsbackend { ${servers.join(" ")} }`,
    // To the letter what tutorials tell people to write: buffering is on, as it is by default.
    server:
      'location /wsapp/ { proxy_pass http://wsbackend; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }',
  });
});
after(async () => {
  await nginx?.stop();
  await Promise.all((nodes ?? []).map((node) => node.close({ graceMs: 500 })));
  await redis?.stop();
});

const address = (room: string, query = ""): string =>
  `http://127.0.0.1:${nginx.port}/wsapp/api/rooms/${encodeURIComponent(room)}/messages${query}`;

async function publish(room: string, data: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(address(room), { method: "POST", headers, body: JSON.stringify(data) });
  assert.equal(answer.status, 201, await answer.text());
}

/** Reads events until `count` messages came, then breaks the line. Returns them and the id of the last event. */
async function readEvents(
  room: string,
  lastId: string | undefined,
  onBegun: () => Promise<void>,
  count: number,
): Promise<[unknown[], string]> {
  const abort = new AbortController();
  const headers = { accept: "text/event-stream", ...(lastId !== undefined && { "last-event-id": lastId }) };
  const { body, status } = await fetch(address(room), { headers, signal: abort.signal });
  assert.equal(status, 200);
  assert.ok(body !== null);
  const heard: unknown[] = [];
  let [text, id] = ["", lastId ?? ""];
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      id = /^id: (.*)$/m.exec(event)?.[1] ?? id;
      const data = /^data: (.*)$/m.exec(event)?.[1] ?? "{}";
      if (event.startsWith("event: joined")) {
        if (lastId !== undefined) assert.equal(JSON.parse(data).recovered, true);
        await onBegun();
      } else if (event.startsWith("id: ")) heard.push(JSON.parse(data).data);
    }
    if (heard.length >= count) break;
  }
  abort.abort();
  return [heard, id];
}

test("P: server-sent events pass nginx one at a time with its buffering on; come back on the other node of a Redis, they go on after Last-Event-ID", {
  skip,
  timeout: 60_000,
}, async () => {
  const room = "事件 🎈";
  let id: string | undefined;
  const all: unknown[] = [];
  for (let round = 0; round < 4; round++) {
    // Nothing follows these events: one that nginx kept back would never come.
    const [heard, last] = await readEvents(room, id, async () => await publish(room, `live ${round}`), round === 0 ? 1 : 2);
    all.push(...heard);
    id = last;
    await publish(room, `away ${round}`);
  }
  assert.deepEqual(all, ["live 0", "away 0", "live 1", "away 1", "live 2", "away 2", "live 3"]);
});

test("P: long polls through nginx, each on the other node of a Redis: every message once and in order, also without a wait", {
  skip,
  timeout: 60_000,
}, async () => {
  const room = "轮询";
  const poll = async (query: string): Promise<{ messages: { data: unknown }[]; position: string; complete: boolean }> => {
    const answer = await fetch(address(room, query));
    assert.equal(answer.status, 200);
    return (await answer.json()) as { messages: { data: unknown }[]; position: string; complete: boolean };
  };
  let { position } = await poll("?wait=0");
  const heard: unknown[] = [];
  for (let round = 0; round < 6; round++) {
    const waits = round % 2 === 0;
    const asked = waits ? poll(`?after=${position}&wait=20`) : undefined;
    await publish(room, round);
    const answer = await (asked ?? poll(`?after=${position}&wait=0`));
    heard.push(...answer.messages.map(({ data }) => data));
    position = answer.position;
  }
  assert.deepEqual(heard, [0, 1, 2, 3, 4, 5]);
});
