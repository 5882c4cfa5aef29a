import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { baseEnvironment, headerVariables, pathOf, queryOf, requestEnvironment } from "../../src/run/environment.ts";

function requestOf(rawHeaders: string[], url = "/a%20b/c?q=%20x"): IncomingMessage {
  const headers = Object.fromEntries(rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1]]] : [])));
  return { rawHeaders, headers, url, method: "GET", httpVersion: "1.1" } as unknown as IncomingMessage;
}

const remote = { address: "192.0.2.1", port: "5", host: "name.example" };

test("the variables of a request are those of CGI, with HTTP_HOST", () => {
  const request = requestOf(["Host", "chat.example:8080", "Cookie", "a=b", "X-Two", "1", "X-Two", "2"]);
  const env = requestEnvironment({ request, isSecure: false, remote, scriptName: "/", pathInfo: "/a b/c", path: "/a b/c" });
  const { UNIQUE_ID: id, ...rest } = env;
  assert.match(id ?? "", /^\d{19}$/);
  assert.deepEqual(rest, {
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_METHOD: "GET",
    SERVER_NAME: "chat.example",
    SERVER_PORT: "8080",
    REMOTE_ADDR: "192.0.2.1",
    REMOTE_PORT: "5",
    REMOTE_HOST: "name.example",
    SCRIPT_NAME: "/",
    PATH_INFO: "/a b/c",
    PATH_TRANSLATED: "/a b/c",
    QUERY_STRING: "q=%20x",
    REQUEST_URI: "/a%20b/c?q=%20x",
    AUTH_TYPE: "",
    CONTENT_LENGTH: "",
    CONTENT_TYPE: "",
    REMOTE_IDENT: "",
    REMOTE_USER: "",
    HTTP_HOST: "chat.example:8080",
    HTTP_COOKIE: "a=b",
    HTTP_X_TWO: "1, 2",
  });
});

for (const [host, isSecure, name, port] of [
  ["chat.example", false, "chat.example", "80"],
  ["chat.example", true, "chat.example", "443"],
  ["[::1]:81", false, "::1", "81"],
  ["", false, "", "80"],
] as const) {
  test(`Host ${JSON.stringify(host)} ${isSecure ? "over TLS" : "in the clear"} is ${name} and ${port}`, () => {
    const env = requestEnvironment({ request: requestOf(["Host", host]), isSecure, remote, scriptName: "/", pathInfo: "/", path: "/" });
    assert.deepEqual([env["SERVER_NAME"], env["SERVER_PORT"], env["HTTPS"]], [name, port, isSecure ? "on" : undefined]);
  });
}

test("R26: a Proxy field never becomes HTTP_PROXY, and X_User does not pass for X-User", () => {
  const variables = headerVariables({
    rawHeaders: ["Proxy", "http://evil", "PROXY", "x", "X_User", "root", "X-User", "me", "Cookie", "a", "Cookie", "b"],
  });
  assert.deepEqual(variables, { HTTP_X_USER: "me", HTTP_COOKIE: "a; b" });
});

test("R26: only what is named is handed on, never HTTPS, nothing empty; newlines become spaces", () => {
  const own = { PATH: "/bin", SECRET: "s", HTTPS: "on", EMPTY: "", LINES: "a\nb\r\nc" };
  assert.deepEqual(baseEnvironment({ passed: ["PATH", "HTTPS", "EMPTY", "LINES", "NONE"], own, software: "openline/1" }), {
    SERVER_SOFTWARE: "openline/1",
    PATH: "/bin",
    LINES: "a b c",
  });
});

test("two requests never have the same id", () => {
  const ids = Array.from(
    { length: 1000 },
    () => requestEnvironment({ request: requestOf([]), isSecure: false, remote, scriptName: "/", pathInfo: "/", path: "/" })["UNIQUE_ID"],
  );
  assert.equal(new Set(ids).size, 1000);
});

test("a path that cannot be decoded, or holds a NUL, is none", () => {
  assert.deepEqual(["/a%20b?x", "/%e4%bd%a0", "/%", "/%ff", "/a%00b", "*", "http://x/"].map(pathOf), [
    "/a b",
    "/你",
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(["/a?b?c", "/a"].map(queryOf), ["b?c", ""]);
});
