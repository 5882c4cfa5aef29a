import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@openline/client";
import { withFallback } from "@openline/client/fallback";
import { startCrew } from "./workers-fixture.ts";

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A worker that is just dying may break a request off. */
async function published(url: string, data: number): Promise<void> {
  const body = JSON.stringify(data);
  const headers = { "content-type": "application/json", "idempotency-key": `n${data}` };
  for (;;) {
    const answer = await fetch(`${url}/api/rooms/crew/messages`, { method: "POST", body, headers }).catch(() => undefined);
    if (answer?.ok === true) return;
  }
}

test("SockJS with three workers: the requests of a session find their worker; one that is killed loses nothing", async (t) => {
  const crew = await startCrew(t, 3);
  const clients = Array.from(
    { length: 9 },
    () => new Client(`${crew.url}/`, { WebSocket: withFallback({ WebSocket: false }), reconnect: { minDelayMs: 20, maxDelayMs: 300 } }),
  );
  t.after(() => {
    for (const client of clients) client.close();
  });
  const rooms = clients.map((client) => client.join("crew"));
  const heard = rooms.map((room) => {
    const data: unknown[] = [];
    room.on("message", (message) => data.push(message.data));
    return data;
  });
  await until("all joined", () => rooms.every(({ state }) => state === "joined"));
  for (const [index, room] of rooms.entries()) await room.publish(index);
  await until("the first nine", () => heard.every(({ length }) => length >= 9));
  const [victim] = crew.workers();
  assert.ok(victim !== undefined);
  process.kill(victim, "SIGKILL");
  // From outside: what a client had under way when its worker died it is told as unknown.
  for (let data = 9; data < 18; data++) await published(crew.url, data);
  await until("the next nine", () => heard.every(({ length }) => length >= 18));
  const expected = Array.from({ length: 18 }, (_, index) => index);
  for (const data of heard) assert.deepEqual(data, expected);
});
