import assert from "node:assert/strict";
import { test } from "node:test";
import { isBelow, routeOf, targetOf } from "../src/route.ts";

test("each resource has its path, with one slash at the end or without (facts §2)", () => {
  for (const [path, kind] of [
    ["/echo", "greeting"],
    ["/echo/", "greeting"],
    ["/echo/info", "info"],
    ["/echo/info/", "info"],
    ["/echo/iframe-1.6.1.html", "iframe"],
    ["/echo/websocket", "raw-websocket"],
    ["/echo/0/a/websocket", "websocket"],
    ["/echo/0/a/xhr", "receive"],
    ["/echo/0/a/xhr_streaming/", "receive"],
    ["/echo/0/a/jsonp_send", "send"],
    ["/echo/0/a/goodbye", "goodbye"],
    ["/echo//", undefined],
    ["/echo/0/a/XHR", undefined],
    ["/echo/0/a.b/xhr", undefined],
    ["/echo/0/a/xhr//", undefined],
    ["/echo/0/a/b/xhr", undefined],
    ["/echo/0/a/constructor", undefined],
    ["/echoes", undefined],
  ] as const)
    assert.equal(routeOf(path, "/echo")?.kind, kind, path);
});

test("the session's id is the second segment, not decoded; the first is ignored", () => {
  for (const server of ["000", "999"]) {
    const route = routeOf(`/${server}/a%20b/xhr`, "");
    assert.equal(route?.kind === "receive" && route.session, "a%20b");
  }
});

test("a target is split at its question mark; the absolute form loses its authority", () => {
  assert.deepEqual(targetOf("/a?b?c"), { path: "/a", search: "?b?c" });
  assert.deepEqual(targetOf("http://host:80/a?b"), { path: "/a", search: "?b" });
  assert.deepEqual(targetOf(undefined), { path: "", search: "" });
});

test("a prefix ends at a segment's border", () => {
  assert.deepEqual(
    ["/echo", "/echo/x", "/echoes", "/"].map((path) => isBelow(path, "/echo")),
    [true, true, false, false],
  );
});
