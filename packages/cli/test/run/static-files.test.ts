import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDoor, script, temporaryFolder } from "./run-fixture.ts";

test("files with ranges, index pages and moves; nothing hidden, no listing, no link out of the folder, no source of a program", async (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, "public");
  mkdirSync(join(root, "sub/empty"), { recursive: true });
  mkdirSync(join(root, "cgi"));
  writeFileSync(join(root, "sub/index.html"), "<p>index");
  writeFileSync(join(root, "a b?.txt"), "0123456789");
  writeFileSync(join(root, ".hidden"), "secret");
  writeFileSync(join(folder, "outside.txt"), "secret");
  symlinkSync(join(folder, "outside.txt"), join(root, "link.txt"));
  symlinkSync(folder, join(root, "up"));
  symlinkSync(join(root, "a b?.txt"), join(root, "within.txt"));
  script(join(root, "cgi"), "tool.sh", "echo source");
  const { port } = await openDoor(t, { staticdir: root, dir: join(root, "cgi") });
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", ...init });
  const whole = await get("/a%20b%3f.txt");
  assert.deepEqual([whole.status, await whole.text(), whole.headers.get("content-type")], [200, "0123456789", "text/plain; charset=utf-8"]);
  const part = await get("/within.txt", { headers: { range: "bytes=2-4" } });
  assert.deepEqual([part.status, await part.text()], [206, "234"]);
  assert.deepEqual([(await get("/sub/")).status, await (await get("/sub/")).text()], [200, "<p>index"]);
  for (const [path, location] of [
    ["/sub?x=1", "/sub/?x=1"],
    ["/sub/index.html", "/sub/"],
  ]) {
    const moved = await get(path ?? "");
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, location]);
  }
  for (const path of ["/none", "/.hidden", "/link.txt", "/up/outside.txt", "/%2e%2e/outside.txt", "/sub/empty/", "/cgi/tool.sh", "/"]) {
    assert.equal((await get(path)).status, 404, path);
  }
  assert.equal((await get("/sub/", { method: "POST" })).status, 405);
});
