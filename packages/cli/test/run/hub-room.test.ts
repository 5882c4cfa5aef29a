import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { Client } from "@openline/client";
import { openDoor, refusal, TestClient, until } from "./run-fixture.ts";

test("a program's lines are a room of the hub: who comes back after a loss gets what was missed, once and in order", {
  timeout: 30_000,
}, async (t) => {
  const { url } = await openDoor(t, { hub: true, "hub-room": "ticks", restart: "never" }, [
    "/bin/sh",
    "-c",
    "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i; sleep 0.02; done; cat",
  ]);
  const client = new Client(url);
  t.after(() => client.close());
  const got: string[] = [];
  const recovered: unknown[] = [];
  const room = client.join<string>("ticks", { rewind: 1000 });
  room.on("joined", (detail) => recovered.push(detail.recovered));
  const done = new Promise<void>((resolve) => {
    room.on("message", ({ data }) => {
      got.push(data);
      if (got.length === 10) client.interrupt({ forMs: 200 });
      if (data === "60") resolve();
    });
  });
  await done;
  assert.deepEqual(
    got,
    Array.from({ length: 60 }, (_, at) => String(at + 1)),
  );
  assert.deepEqual(recovered, [undefined, true]);
});

test("what clients publish in NAME.in is the program's input; in NAME only the program speaks; there are no other rooms", {
  timeout: 30_000,
}, async (t) => {
  const { url } = await openDoor(t, { hub: true }, ["/bin/sh", "-c", 'while read line; do echo "got $line"; done']);
  const client = new Client(url);
  t.after(() => client.close());
  const room = client.join<string>("program", { rewind: 10 });
  const first = new Promise((resolve) => room.on("message", ({ data }) => resolve(data)));
  await client.publish("program.in", "hello");
  assert.equal(await first, "got hello");
  await assert.rejects(room.publish("x"), /only the program speaks/);
  await assert.rejects(client.publish("other", "x"), /program\.in/);
  const refused = new Promise<string>((resolve) => client.join("other").on("error", ({ message }) => resolve(message)));
  assert.match(await refused, /the rooms here are program and program\.in/);
});

test("a plain WebSocket on another path hears the same program", async (t) => {
  const { url } = await openDoor(t, { hub: true, replay: "5" }, ["/bin/sh", "-c", "echo one; cat"]);
  const plain = await TestClient.open(t, `${url}/plain`);
  assert.deepEqual(await plain.messages(1), ["one"]);
});

test("R14: pages that may not connect may not connect to the hub either; those of --origin may, whatever the server is called", {
  timeout: 30_000,
}, async (t) => {
  const closed = await openDoor(t, { hub: true });
  assert.equal(await refusal(`${closed.url}/hub`, { origin: "https://evil.example" }), 403);
  const open = await openDoor(t, { hub: true, origin: "https://chat.example", address: ["0.0.0.0"] });
  await TestClient.open(t, `${open.url}/hub`, { origin: "https://chat.example", headers: { Host: "chat.example" } });
  assert.equal(await refusal(`${open.url}/hub`, { origin: "https://other.example" }), 403);
});

test("what may be read over HTTP is read, nothing is published that way, and a page of another name reads nothing", {
  timeout: 30_000,
}, async (t) => {
  const { port } = await openDoor(t, { hub: true, restart: "never" }, ["/bin/sh", "-c", "echo one; cat"]);
  const url = `http://127.0.0.1:${port}/api/rooms/program/messages`;
  await until(async () => (await (await fetch(url)).text()).includes("one"));
  assert.equal((await fetch(url, { method: "POST", body: "x" })).status, 404);
  const rebound = httpRequest({ port, host: "127.0.0.1", path: "/api/rooms/program/messages", headers: { Host: "evil.example" } }).end();
  const [response] = (await once(rebound, "response")) as [{ statusCode: number; resume(): void }];
  response.resume();
  assert.ok(response.statusCode >= 400, String(response.statusCode));
});
