import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { type Started, start } from "./binary-fixture.ts";

const listening = /"urls":\["(http:\/\/localhost:(\d+)\/)"/;

async function serve(
  t: TestContext,
  args: string[] = [],
  environment: Record<string, string> = {},
): Promise<{ started: Started; url: string; port: string }> {
  const started = start(t, ["serve", "--port", "0", ...args], environment);
  const [, url = "", port = ""] = await started.said(listening);
  return { started, url, port };
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}hub`);
  await once(socket, "open");
  return socket;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`R8: ${signal} tells clients 1001, drains, and exits 0`, async (t) => {
    const { started, url } = await serve(t);
    const socket = await openSocket(url);
    const closed = once(socket, "close");
    started.child.kill(signal);
    assert.equal((await closed)[0], 1001);
    assert.equal(await started.ended, 0);
    assert.match(started.out(), /"msg":"closed"/);
    assert.equal(started.err(), "");
  });
}

test("R8: after SIGTERM readiness is off while clients still come in, then the closes are spread, and the exit code is 0", async (t) => {
  const { started, url } = await serve(t, ["--drain-delay-ms", "4000", "--drain-spread-ms", "3000", "--drain-ms", "60000"]);
  const sockets = await Promise.all(Array.from({ length: 5 }, async () => await openSocket(url)));
  const ready = async (): Promise<number> => (await fetch(`${url}ready`)).status;
  assert.equal(await ready(), 200);
  started.child.kill("SIGTERM");
  await started.said(/draining/);
  assert.equal(await ready(), 503);
  assert.equal((await fetch(`${url}health`)).status, 200);
  sockets.push(await openSocket(url));
  const ends = await Promise.all(
    sockets.map(async (socket) => ({ code: (await once(socket, "close"))[0] as number, at: performance.now() })),
  );
  assert.deepEqual(new Set(ends.map(({ code }) => code)), new Set([1001]));
  const times = ends.map(({ at }) => at);
  // 2.5 s; a process that has to wait for its processor hears several at once.
  assert.ok(Math.max(...times) - Math.min(...times) > 100, String(times));
  assert.equal(await started.ended, 0);
  await assert.rejects(fetch(`${url}health`));
  assert.equal(started.err(), "");
});

test("a second signal ends at once, even while a client keeps the first one waiting", async (t) => {
  const { started, url } = await serve(t, ["--drain-ms", "60000"]);
  const socket = await openSocket(url);
  socket.pause();
  started.child.kill("SIGINT");
  await started.said(/draining/);
  started.child.kill("SIGINT");
  assert.equal(await started.ended, 130);
  socket.terminate();
});

test("a client that does not answer holds the drain no longer than --drain-ms", async (t) => {
  const { started, url } = await serve(t, ["--drain-ms", "200"]);
  const socket = await openSocket(url);
  socket.on("error", () => undefined).pause();
  started.child.kill("SIGTERM");
  assert.equal(await started.ended, 0);
  socket.terminate();
});

test("a port in use is one clear line that names it, and exit code 1", async (t) => {
  const { port } = await serve(t);
  const second = start(t, ["serve", "--port", port]);
  assert.equal(await second.ended, 1);
  assert.match(second.err(), new RegExp(`^openline: port ${port} is in use on localhost: .*--port.*\n$`));
  assert.equal(second.out(), "");
});

test("--host 0.0.0.0 without authentication is refused before anything listens, with both ways out", async (t) => {
  const refused = start(t, ["serve", "--host", "0.0.0.0", "--port", "0"]);
  assert.equal(await refused.ended, 2);
  assert.match(refused.err(), /^openline: refusing to listen on 0\.0\.0\.0 without authentication: .*--api-key.*--anonymous.*\n$/);
});

test("what --host 0.0.0.0 --anonymous promises: everyone who reaches the port may publish", async (t) => {
  const started = start(t, ["serve", "--port", "0", "--host", "0.0.0.0", "--anonymous"]);
  const [, port] = await started.said(/"http:\/\/localhost:(\d+)\/".*"isOpen":true,"anonymous":true/);
  const answer = await fetch(`http://127.0.0.1:${port}/api/rooms/lobby/messages`, { method: "POST", body: "x" });
  assert.equal(answer.status, 201);
});

test("what --api-key promises: calls without the key are 401, with it they work, and R13: the log does not show it", async (t) => {
  const key = "key-0123456789abcdef";
  const { started, url } = await serve(t, ["--log-level", "trace"], { OPENLINE_API_KEY: key });
  assert.equal((await fetch(`${url}api/rooms`)).status, 401);
  assert.equal((await fetch(`${url}api/rooms`, { headers: { authorization: `Bearer ${key}` } })).status, 200);
  started.child.kill("SIGINT");
  await started.ended;
  assert.ok(!started.out().includes(key));
});

test("settings come from a file, too, and both loopback addresses answer", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-serve-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "openline.json");
  writeFileSync(file, JSON.stringify({ port: 0, basePath: "/wsapp", logFormat: "json" }));
  const started = start(t, ["serve", "--config", file]);
  const [, list = ""] = await started.said(/"urls":\[([^\]]*\]?[^\]]*)\],/);
  const urls = list.split(",").map((url) => url.slice(1, -1));
  for (const url of urls) assert.equal((await fetch(`${url}health`)).status, 200, url);
  assert.ok(urls.every((url) => url.endsWith("/wsapp/")));
});

test("for people there are lines instead of JSON, and they show where to go", async (t) => {
  const started = start(t, ["serve", "--port", "0", "--log-format", "text"]);
  const [, url] = await started.said(/(http:\/\/localhost:\d+\/) /);
  await started.said(/Ctrl-C stops it/);
  const [, command = ""] = await started.said(/ {2}curl (.*messages)/);
  assert.ok(command.endsWith(`${url}api/rooms/lobby/messages`));
  started.child.kill("SIGINT");
  assert.equal(await started.ended, 0);
  assert.match(started.out(), /INFO {2}draining; .* signal=SIGINT/);
  assert.ok(!started.out().includes("\u001b"));
});

test("--print-config shows each setting, where it comes from and no secret, and listens to nothing", async (t) => {
  const secret = "key-0123456789abcdef";
  const printed = start(t, ["serve", "--print-config", "--port", "9000"], { OPENLINE_API_KEY: secret });
  assert.equal(await printed.ended, 0);
  assert.match(printed.out(), /^port +9000 {2}\(--port\)$/m);
  assert.match(printed.out(), /^apiKeys +\["\*\*\*"\] {2}\(OPENLINE_API_KEY\)$/m);
  assert.match(printed.out(), /^drainMs +5000 {2}\(default\)$/m);
  assert.ok(!printed.out().includes(secret));
  assert.equal(printed.err(), "");
});

test("--check-config is 0 for good settings, and 2 with one line for bad ones", async (t) => {
  const good = start(t, ["serve", "--check-config"]);
  const bad = start(t, ["serve", "--check-config", "--host", "0.0.0.0"]);
  const wrong = start(t, ["serve", "--check-config"], { OPENLINE_PORT: "x" });
  assert.deepEqual([await good.ended, await bad.ended, await wrong.ended], [0, 2, 2]);
  assert.equal(good.out(), "the settings are good\n");
  assert.match(bad.err(), /^openline: refusing to listen on 0\.0\.0\.0 .*\n$/);
  assert.match(wrong.err(), /^openline: OPENLINE_PORT must be .*"x"\n$/);
});
