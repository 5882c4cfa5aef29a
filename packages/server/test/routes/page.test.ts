import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startApp } from "../http-fixture.ts";

const consoleFolder = mkdtempSync(join(tmpdir(), "openline-page-"));
after(() => rmSync(consoleFolder, { recursive: true }));
writeFileSync(join(consoleFolder, "index.html"), "<!doctype html><title>Openline 你好</title>");
writeFileSync(join(consoleFolder, "main.js"), "export {};");
mkdirSync(join(consoleFolder, "fonts"));
writeFileSync(join(consoleFolder, "fonts", "a.css"), "a{}");

for (const basePath of ["/", "/wsapp/"]) {
  test(`below ${basePath} the page and its files are served with their types`, async (t) => {
    const { ask } = await startApp(t, { consoleFolder, basePath });
    const page = await ask(basePath);
    assert.equal(page.status, 200);
    assert.match(page.text, /Openline 你好/);
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    assert.match(String((await ask(`${basePath}main.js`)).headers["content-type"]), /javascript/);
    assert.match(String((await ask(`${basePath}fonts/a.css?v=1`)).headers["content-type"]), /^text\/css/);
    assert.equal((await ask(`${basePath}none.js`)).body?.["code"], "not-found");
  });
}

test("the page may run its own scripts and talk to its own server only, and be framed by nobody", async (t) => {
  const { ask, port } = await startApp(t, { consoleFolder });
  const { headers } = await ask("/");
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.ok(policy.includes(`connect-src 'self' ws://localhost:${port} wss://localhost:${port}`), policy);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["referrer-policy"], "no-referrer");
});

test("asked for by an IPv6 address the policy names 'self' alone: it could not be written (CSP §2.3.1)", async (t) => {
  const { ask, port } = await startApp(t, { consoleFolder });
  const { headers } = await ask("/", { headers: { host: `[::1]:${port}` } });
  assert.match(String(headers["content-security-policy"]), /connect-src 'self' ?;/);
});

test("behind a proxy the policy names the public origin's host", async (t) => {
  const { ask } = await startApp(t, { consoleFolder, publicOrigin: "https://chat.example" });
  assert.match(
    String((await ask("/")).headers["content-security-policy"]),
    /connect-src 'self' ws:\/\/chat\.example wss:\/\/chat\.example/,
  );
});

test("a file is asked for again each time, and not sent again while it is the same (RFC 9110 §13.1.2)", async (t) => {
  const { ask } = await startApp(t, { consoleFolder });
  const first = await ask("/main.js");
  assert.equal(first.headers["cache-control"], "no-cache");
  const again = await ask("/main.js", { headers: { "if-none-match": String(first.headers["etag"]) } });
  assert.equal(again.status, 304);
  assert.equal(again.text, "");
});

for (const path of [
  "/../app.test.ts",
  "/..%2fapp.test.ts",
  "/%2e%2e/app.test.ts",
  "/fonts/../../x",
  "/fonts//a.css",
  "/main.js%00",
  "/fonts\\a.css",
]) {
  test(`nothing outside the folder is reached by ${path}`, async (t) => {
    const { ask } = await startApp(t, { consoleFolder });
    assert.ok([400, 404].includes((await ask(path)).status));
  });
}

test("without the built page the answer says how to build it", async (t) => {
  const { ask } = await startApp(t, { consoleFolder: join(consoleFolder, "none") });
  const answer = await ask("/");
  assert.equal(answer.status, 503);
  assert.match(answer.text, /npm run build/);
  assert.match(String(answer.headers["content-type"]), /^text\/html/);
});
