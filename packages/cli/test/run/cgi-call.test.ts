import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { openDoor, script, temporaryFolder, until } from "./run-fixture.ts";

test("CGI programs answer over HTTP: head, body, input, environment, their own directory; what fails is 500", {
  timeout: 30_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const dir = join(folder, "cgi");
  mkdirSync(dir);
  script(dir, "env", 'printf "Status: 201 Made\\r\\nContent-Type: text/plain\\r\\nX-Own: 1\\r\\n\\r\\n"; env; pwd');
  script(dir, "echo", 'printf "Content-Type: application/octet-stream\\n\\n"; cat');
  script(dir, "move", 'printf "Location: /x\\n\\n"');
  script(dir, "silent", "exit 3");
  script(dir, "babble", "yes");
  writeFileSync(join(dir, "source"), "#!/bin/sh\n");
  script(folder, "outside", 'printf "Content-Type: text/plain\\n\\noutside"');
  symlinkSync(join(folder, "outside"), join(dir, "link"));
  const { port, log } = await openDoor(t, { cgidir: dir, passenv: "PATH" });
  const url = `http://127.0.0.1:${port}`;
  const answer = await fetch(`${url}/env?q=1`, { method: "POST", body: "x", headers: { Proxy: "evil", "content-type": "a/b" } });
  const lines = (await answer.text()).split("\n");
  assert.deepEqual([answer.status, answer.statusText, answer.headers.get("x-own")], [201, "Made", "1"]);
  for (const line of [
    "CONTENT_LENGTH=1",
    "CONTENT_TYPE=a/b",
    "REQUEST_METHOD=POST",
    "QUERY_STRING=q=1",
    "SCRIPT_NAME=/env",
    `HTTP_HOST=127.0.0.1:${port}`,
    dir,
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(!lines.some((line) => line.startsWith("HTTP_PROXY") || line.startsWith("HOME=")));
  const large = "0123456789".repeat(200_000);
  assert.equal(await (await fetch(`${url}/echo`, { method: "POST", body: large })).text(), large);
  const moved = await fetch(`${url}/move`, { redirect: "manual" });
  assert.deepEqual([moved.status, moved.headers.get("location")], [302, "/x"]);
  for (const path of ["/silent", "/babble", "/source"]) assert.equal((await fetch(url + path)).status, 500, path);
  for (const path of ["/none", "/env/more", "/link", "/"]) assert.equal((await fetch(url + path)).status, 404, path);
  assert.match(log(), /its head is longer than/);
});

test("no method and no path leads out of the folder: `CONNECT /../x` and its like start nothing", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "cgi"));
  script(folder, "x", `touch ${join(folder, "ran")}; printf "Content-Type: text/plain\\n\\noutside"`);
  const { port } = await openDoor(t, { cgidir: join(folder, "cgi") });
  for (const line of ["CONNECT /../x", "GET /../x", "GET /cgi/../../x", "GET /%2e%2e/x", "POST //../x", "OPTIONS /..%2fx"]) {
    const socket = connect(port, "127.0.0.1");
    socket.end(`${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.doesNotMatch(await text(socket), /outside/, line);
  }
});

test("R26: a client that goes ends its CGI program, and CGI counts among the programs", { timeout: 20_000 }, async (t) => {
  const folder = temporaryFolder(t);
  script(folder, "slow", 'printf "Content-Type: text/plain\\n\\nstarted\\n"; sleep 1000');
  const { port, forks } = await openDoor(t, { cgidir: folder, maxforks: "1" });
  const call = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/slow`, { signal: call.signal });
  assert.equal(answer.status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${port}/slow`)).status, 429);
  call.abort();
  await until(() => forks.count === 0);
});
