import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDoor, refusal, script, TestClient, temporaryFolder, until } from "./run-fixture.ts";

const sh = (lines: string): string[] => ["/bin/sh", "-c", lines];

test("text: each line is a message, the last one without newline too; 3 MB of line are one message; the end is 1000", async (t) => {
  const { url } = await openDoor(
    t,
    {},
    sh("echo one; echo; printf ' two \\r\\n'; head -c 3000000 /dev/zero | tr '\\0' x; echo; printf last"),
  );
  const client = await TestClient.open(t, url);
  const { code, reason } = await client.closed;
  assert.deepEqual(
    client.received.map((text) => (text.length > 100 ? text.length : text)),
    ["one", "", " two ", 3_000_000, "last"],
  );
  assert.deepEqual([code, reason], [1000, "the program has ended"]);
});

test("20,000 lines and then the end: all arrive, in order", async (t) => {
  const { url } = await openDoor(t, {}, sh("seq 20000"));
  const client = await TestClient.open(t, url);
  await client.closed;
  assert.deepEqual(
    client.received,
    Array.from({ length: 20_000 }, (_, at) => String(at + 1)),
  );
});

test("an end that is not good is 1011 with the exit code or the signal, never 1006", async (t) => {
  for (const [lines, reason] of [
    ["exit 7", "the program ended with exit code 7"],
    ["kill -9 $$", "the program was ended by SIGKILL"],
  ] as const) {
    const { url } = await openDoor(t, {}, sh(lines));
    assert.deepEqual(await (await TestClient.open(t, url)).closed, { code: 1011, reason });
  }
});

test("U: Chinese text, emoji and combining characters come back as they went; what is no UTF-8 is replaced", async (t) => {
  const { url } = await openDoor(t, {});
  const client = await TestClient.open(t, url);
  client.socket.send("你好 👋 é 👩‍👩‍👧");
  assert.deepEqual(await client.messages(1), ["你好 👋 é 👩‍👩‍👧"]);
  const bad = await openDoor(t, {}, sh("printf 'a\\377b\\n'"));
  const other = await TestClient.open(t, bad.url);
  await other.closed;
  assert.deepEqual(other.received, ["a\ufffdb"]);
});

test("--binary: 4 MB through cat come back whole, though both pipes are full; text is passed as its bytes", {
  timeout: 30_000,
}, async (t) => {
  const { url } = await openDoor(t, { binary: true, maxframesize: "0" });
  const client = await TestClient.open(t, url);
  const sent = Buffer.from(Array.from({ length: 4_000_000 }, (_, at) => at % 251));
  client.socket.send(sent);
  client.socket.send("end");
  const total = (): number => client.received.reduce((sum, part) => sum + part.length, 0);
  while (total() < 4_000_003) await client.messages(client.received.length + 1);
  const all = Buffer.concat(client.received.map((part) => part as Buffer));
  assert.equal(Buffer.compare(all.subarray(0, -3), sent), 0);
  assert.equal(all.subarray(-3).toString(), "end");
});

test("subprotocol and compression are agreed on, fields are added, and the program is told", async (t) => {
  const { url } = await openDoor(
    t,
    { subprotocol: ["b", "c"], header: ["X-A: 1"] },
    sh("echo $OPENLINE_SUBPROTOCOL; head -c 5000 /dev/zero | tr '\\0' x"),
  );
  const client = new TestClient(url, { protocols: ["a", "c", "b"] });
  let fields: Record<string, unknown> = {};
  client.socket.on("upgrade", (response) => (fields = response.headers));
  await client.closed;
  assert.deepEqual([client.socket.protocol, client.socket.extensions, fields["x-a"]], ["b", "permessage-deflate", "1"]);
  assert.deepEqual([client.received[0], client.received[1]?.length], ["b", 5000]);
  const plain = await openDoor(t, { compression: "off" });
  const other = await TestClient.open(t, plain.url, { protocols: ["first", "second"] });
  assert.deepEqual([other.socket.protocol, other.socket.extensions], ["first", ""]);
});

test("the environment: CGI variables and HTTP_HOST, no HTTP_PROXY, and of our own what is named", async (t) => {
  process.env["OPENLINE_TEST_SECRET"] = "s";
  t.after(() => delete process.env["OPENLINE_TEST_SECRET"]);
  const { url, port } = await openDoor(t, {}, ["env"]);
  const client = await TestClient.open(t, `${url}/a%20b?q=1`, { headers: { Proxy: "http://evil" } });
  await client.closed;
  const names = new Set(client.received.map((line) => String(line).split("=")[0]));
  for (const line of [`HTTP_HOST=127.0.0.1:${port}`, "PATH_INFO=/a b", "QUERY_STRING=q=1", "SCRIPT_NAME=/"])
    assert.ok(client.received.includes(line), line);
  for (const name of ["HTTP_PROXY", "OPENLINE_TEST_SECRET", "HOME"]) assert.ok(!names.has(name), name);
});

test("--dir: each file is a program, the rest of the path is its PATH_INFO; what is outside or no program is not there", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "in/deep"), { recursive: true });
  script(join(folder, "in/deep"), "tool.sh", "echo $SCRIPT_NAME $PATH_INFO");
  writeFileSync(join(folder, "in/text"), "no program");
  script(folder, "outside.sh", "echo outside");
  symlinkSync(join(folder, "outside.sh"), join(folder, "in/link.sh"));
  const { url } = await openDoor(t, { dir: join(folder, "in") });
  const client = await TestClient.open(t, `${url}/deep/tool.sh/a/b`);
  await client.closed;
  assert.deepEqual(client.received, ["/deep/tool.sh /a/b"]);
  for (const path of ["/", "/deep", "/none", "/link.sh", "/%2e%2e/outside.sh", "/deep/..%2f..%2foutside.sh"])
    assert.equal(await refusal(url + path), 404, path);
  assert.equal(await refusal(`${url}/text`), 500);
  assert.equal(await refusal(`${url}/%`), 400);
});

test("R14: pages of other origins are refused with 403 before anything starts, and the log says what to do", async (t) => {
  const { url, forks, log } = await openDoor(t, {});
  for (const origin of ["https://evil.example", "null"]) assert.equal(await refusal(url, { origin }), 403);
  assert.equal(forks.count, 0);
  assert.match(log(), /https:\/\/evil\.example may not connect: --origin says which may/);
  assert.match(log(), /null may not connect: it is that of pages opened from a file/);
  await TestClient.open(t, url, { origin: "http://localhost:3000" });
});

test("R26: over --maxforks a handshake is answered 429, and when a program has ended the next one comes in", {
  timeout: 20_000,
}, async (t) => {
  const { url, forks } = await openDoor(t, { maxforks: "1" });
  const first = await TestClient.open(t, url);
  assert.equal(await refusal(url), 429);
  first.socket.close();
  await until(() => forks.count === 0);
  await TestClient.open(t, url);
});

test("a message over --maxframesize closes with 1009", async (t) => {
  const { url } = await openDoor(t, { maxframesize: "1000" });
  const client = await TestClient.open(t, url);
  client.socket.send("x".repeat(1001));
  assert.equal((await client.closed).code, 1009);
});

test("R26: the program of a client that goes is ended, with what it started", { timeout: 20_000 }, async (t) => {
  const { url, forks } = await openDoor(t, {}, sh("sleep 1000 & sleep 1001 & echo ready; wait"));
  const client = await TestClient.open(t, url);
  await client.messages(1);
  client.socket.terminate();
  await until(() => forks.count === 0);
});

test("shared: one process, its lines for everybody, everybody's lines for it", async (t) => {
  const { url } = await openDoor(t, { mode: "shared", replay: "1" }, sh('while read line; do echo "$$ $line"; done'));
  const [one, two] = [await TestClient.open(t, `${url}/a`), await TestClient.open(t, `${url}/b`)];
  one.socket.send("from one");
  const [[text], [same]] = await Promise.all([one.messages(1), two.messages(1)]);
  assert.match(String(text), /^\d+ from one$/);
  assert.equal(text, same);
  const late = await TestClient.open(t, url);
  assert.deepEqual(await late.messages(1), [text]);
});

test("per-room: one process for each path, or for each value of a query parameter", async (t) => {
  const program = sh('while read line; do echo "$OPENLINE_ROOM $$"; done');
  for (const [flags, targets] of [
    [{ mode: "per-room" }, ["/a", "/a", "/b"]],
    [{ mode: "per-room", "room-by": "room" }, ["/?room=a", "/x?room=a", "/?room=b"]],
  ] as const) {
    const { url } = await openDoor(t, flags, program);
    const clients = await Promise.all(targets.map((target) => TestClient.open(t, url + target)));
    clients[0]?.socket.send("x");
    clients[2]?.socket.send("x");
    const [a, same, b] = await Promise.all(clients.map((client) => client.messages(1)));
    assert.deepEqual(a, same);
    assert.notDeepEqual(a, b);
    assert.match(String(a?.[0]), /^\/?a \d+$/);
  }
});

test("R26: a fast program whose client does not read stands still, and this process does not grow", { timeout: 30_000 }, async (t) => {
  const { url } = await openDoor(t, { compression: "off" }, ["yes", "x".repeat(1000)]);
  const client = await TestClient.open(t, url);
  client.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = process.memoryUsage().rss;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.ok(process.memoryUsage().rss - before < 64 * 1_048_576);
  client.socket.terminate();
});

test("plain HTTP: nothing configured is 404; --devconsole is a page at every path; a path that is none is 400", async (t) => {
  const { port } = await openDoor(t, {});
  const answer = await fetch(`http://127.0.0.1:${port}/x`);
  assert.deepEqual([answer.status, await answer.text()], [404, "404 page not found\n"]);
  assert.equal((await fetch(`http://127.0.0.1:${port}/%`)).status, 400);
  const page = await openDoor(t, { devconsole: true, "header-http": ["X-B: 2"] });
  const shown = await fetch(`http://127.0.0.1:${page.port}/<script>alert(1)</script>`);
  assert.deepEqual([shown.status, shown.headers.get("x-b"), shown.headers.get("content-type")], [200, "2", "text/html; charset=utf-8"]);
  assert.doesNotMatch(await shown.text(), /alert\(1\)/);
});
