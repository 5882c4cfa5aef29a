import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crewOf } from "./crew-fixture.ts";

const get = async (url: string): Promise<string> => await (await fetch(url, { headers: { connection: "close" } })).text();

test("a worker serves what lies in its primary, and its metrics are the sum of both", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { primary, ends } = crewOf(t, { data: join(directory, "data"), limits: { connectionsPerSecond: 3 } });
  const { urls, port } = await primary.listen();
  const url = urls[0] ?? "";
  assert.equal(url, `http://127.0.0.1:${port}/`);
  const answer = await fetch(`${url}api/rooms/lobby/messages`, { method: "POST", body: "hi", headers: { connection: "close" } });
  assert.equal(answer.status, 201);
  assert.match(await get(`${url}api/rooms`), /"room":"lobby","members":0,"messages":1/);
  assert.ok(existsSync(join(directory, "data")));
  const metrics = await get(`${url}metrics`);
  assert.match(metrics, /^openline_messages_published_total 1$/m);
  assert.match(metrics, /^openline_ready 1$/m);
  assert.match(await get(`${url}api/webhooks`), /"enabled":false/);
  assert.match(await get(`${url}api/users`), /"users":\[\]/);
  await primary.close();
  assert.deepEqual(ends, ["exit code 0"]);
  await assert.rejects(get(url));
});

test("a new worker that cannot begin ends the replacing, and the old one goes on", async (t) => {
  const { primary, lines, ends } = crewOf(t);
  const { urls } = await primary.listen();
  await Promise.all([primary.replace(), primary.replace()]);
  assert.deepEqual(
    lines.filter(({ level }) => level === "error").map(({ msg }) => msg),
    ["a new worker could not begin: the old ones go on"],
  );
  while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(ends.join(), /EADDRINUSE/);
  assert.match(await get(`${urls[0]}ready`), /ready/);
});

test("a port that is taken is refused before a worker is started, with nothing left open", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const address = other.address();
  const { primary, ends } = crewOf(t, { port: typeof address === "object" ? (address?.port ?? 0) : 0 });
  await assert.rejects(primary.listen(), { code: "EADDRINUSE" });
  assert.deepEqual(ends, []);
});

test("closing twice is closing once, and a primary that was closed starts nobody", async (t) => {
  const { primary, ends } = crewOf(t);
  await primary.listen();
  await Promise.all([primary.close(), primary.close({ code: 1012 })]);
  await primary.replace();
  assert.deepEqual(ends, ["exit code 0"]);
});
