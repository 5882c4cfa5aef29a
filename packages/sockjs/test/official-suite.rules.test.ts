import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import type { SockjsConnection } from "../src/connection.ts";
import type { Answer, RawHead } from "./raw-http.ts";
import { echo, type Fixture, serve, sessionAt, type Talker } from "./sockjs-fixture.ts";

// The cases of the official suite (sockjs-protocol, its test server's four endpoints), by their names there, 68 of them.

const goAway = 'c[3000,"Go away!"]';
const busy = 'c[2010,"Another connection still open"]';
const form = { "Content-Type": "application/x-www-form-urlencoded" };

let server: Fixture;
const cleanups: (() => unknown)[] = [];
before(async () => {
  const close = (connection: SockjsConnection): void => {
    connection.close(3000, "Go away!");
  };
  server = await serve(
    { after: (clean) => cleanups.push(clean as () => unknown) },
    { prefix: "/echo", response_limit: 4096, legacy: true, onConnection: echo },
    { prefix: "/close", response_limit: 4096, onConnection: close },
    { prefix: "/disabled_websocket_echo", response_limit: 4096, websocket: false, onConnection: echo },
    { prefix: "/cookie_needed_echo", response_limit: 4096, jsessionid: true, onConnection: echo },
  );
});
after(async () => {
  for (const clean of cleanups) await clean();
});

const field = ({ fields }: RawHead, name: string): string => fields.get(name) ?? "";
const typeOf = (head: RawHead): string => field(head, "content-type").replaceAll(" ", "");

function assertNotCached(head: RawHead): void {
  assert.equal(field(head, "cache-control"), "no-store, no-cache, no-transform, must-revalidate, max-age=0");
  assert.equal(head.fields.has("expires") || head.fields.has("last-modified"), false);
}

function assertYear(head: RawHead): void {
  assert.match(field(head, "cache-control"), /public.*max-age=[1-9]\d{6}/);
  assert.ok(Date.parse(field(head, "expires")) > Date.now() + 300 * 86_400_000);
}

function assertCors(head: RawHead, origin?: string): void {
  assert.equal(field(head, "access-control-allow-origin"), origin ?? "*");
  assert.equal(head.fields.get("access-control-allow-credentials"), origin === undefined ? undefined : "true");
}

async function assertPreflight(path: string, methods: string): Promise<void> {
  for (const origin of ["test", "null"]) {
    const answer = await server.ask(path, { method: "OPTIONS", headers: { Origin: origin, "Access-Control-Request-Method": methods } });
    assert.equal(answer.status, 204);
    assertYear(answer);
    assert.ok(Number(field(answer, "access-control-max-age")) > 1_000_000);
    assert.equal(field(answer, "access-control-allow-methods"), methods);
    assert.equal(answer.body, "");
    assertCors(answer, origin);
  }
}

function assert405(answer: Answer): void {
  assert.equal(answer.status, 405);
  assert.equal(answer.fields.has("content-type"), false);
  assert.ok(field(answer, "allow"));
  assert.equal(answer.body, "");
}

async function assertBody(path: string, expected: string, method = "POST"): Promise<Answer> {
  const answer = await server.ask(path, { method });
  assert.equal(answer.status, 200);
  assert.equal(answer.body, expected);
  return answer;
}

async function assertSent(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answer = await server.post(path, body, headers);
  assert.equal(answer.status, path.endsWith("jsonp_send") ? 200 : 204);
  assert.equal(answer.body, path.endsWith("jsonp_send") ? "ok" : "");
  return answer;
}

async function assertRefused(path: string, body: string, text: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const answer = await server.post(path, body, headers);
  assert.equal(answer.status, 500);
  assert.ok(answer.body.includes(text), `${JSON.stringify(body)}: ${answer.body}`);
}

async function assertTold(talker: Talker, ...messages: readonly string[]): Promise<void> {
  for (const message of messages) assert.equal(await talker.next(), message);
}

describe("BaseUrlGreeting", () => {
  it("test_greeting: the base greets, with and without a slash, and sets no cookie (facts §3)", async () => {
    for (const path of ["/echo", "/echo/"]) {
      const answer = await server.ask(path);
      assert.deepEqual([answer.status, answer.body], [200, "Welcome to SockJS!\n"]);
      assert.equal(typeOf(answer), "text/plain;charset=UTF-8");
      assert.equal(answer.fields.has("set-cookie"), false);
    }
  });
  it("test_notFound: what is no resource is 404 (facts §2)", async () => {
    for (const suffix of ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/"])
      assert.equal((await server.ask(`/echo${suffix}`)).status, 404, suffix);
  });
});

describe("IframePage", () => {
  const page = [
    "<!DOCTYPE html>",
    "<html>",
    "<head>",
    '  <meta http-equiv="X-UA-Compatible" content="IE=edge" />',
    '  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />',
    '  <script src="URL"></script>',
    "  <script>",
    "    document.domain = document.domain;",
    "    SockJS.bootstrap_iframe();",
    "  </script>",
    "</head>",
    "<body>",
    "  <h2>Don't panic!</h2>",
    "  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>",
    "</body>",
    "</html>",
  ].join("\n");
  const verify = async (path: string): Promise<void> => {
    const answer = await server.ask(path);
    assert.equal(answer.status, 200, path);
    assert.equal(typeOf(answer), "text/html;charset=UTF-8");
    assertYear(answer);
    assert.ok(field(answer, "etag"));
    assert.equal(answer.fields.has("last-modified") || answer.fields.has("set-cookie"), false);
    const [, url = ""] = /src="([^"]*)"/.exec(answer.body) ?? [];
    assert.match(url, /^(?:\/|http)/);
    assert.equal(answer.body.trim(), page.replace("URL", url));
  };
  it("test_simpleUrl: the page is there, byte by byte (facts §3)", () => verify("/echo/iframe.html"));
  it("test_versionedUrl: under any version, too", async () => {
    for (const name of ["-a", "-", "-0.1.2", "-0.1.2abc-dirty.2144"]) await verify(`/echo/iframe${name}.html`);
  });
  it("test_queriedUrl: with any query, too", async () => {
    for (const name of ["-a.html?t=1234", "-0.1.2.html?t=123414", "-0.1.2abc-dirty.2144.html?t=qweqweq123"])
      await verify(`/echo/iframe${name}`);
  });
  it("test_invalidUrl: other names are 404", async () => {
    for (const name of ["/iframe.htm", "/iframe", "/IFRAME.HTML", "/IFRAME", "/iframe.HTML", "/iframe.xml", "/iframe-/.html"])
      assert.equal((await server.ask(`/echo${name}`)).status, 404, name);
  });
  it("test_cacheability: the ETag stays, and answers 304 without a type", async () => {
    const [first, second] = [await server.ask("/echo/iframe.html"), await server.ask("/echo/iframe.html")];
    assert.equal(field(first, "etag"), field(second, "etag"));
    const again = await server.ask("/echo/iframe.html", { headers: { "If-None-Match": field(first, "etag") } });
    assert.deepEqual([again.status, again.body, again.fields.has("content-type")], [304, "", false]);
  });
});

describe("InfoTest", () => {
  const info = async (prefix: string): Promise<Record<string, unknown>> => JSON.parse((await server.ask(`${prefix}/info`)).body);
  it("test_basic: what the server can do, not cached, for every page (facts §3)", async () => {
    const answer = await server.ask("/echo/info", { headers: { Origin: "test" } });
    assert.equal(answer.status, 200);
    assert.equal(typeOf(answer), "application/json;charset=UTF-8");
    assert.equal(answer.fields.has("set-cookie"), false);
    assertNotCached(answer);
    assertCors(answer, "test");
    const { entropy, ...rest } = JSON.parse(answer.body);
    assert.deepEqual(rest, { websocket: true, cookie_needed: false, origins: ["*:*"], server_heartbeat_interval: 25_000 });
    assert.ok(Number.isInteger(entropy) && entropy >= 0 && entropy < 2 ** 32);
  });
  it("test_entropy: it is another one each time", async () => {
    assert.notEqual((await info("/echo"))["entropy"], (await info("/echo"))["entropy"]);
  });
  it("test_options: a browser may ask beforehand (facts §7)", () => assertPreflight("/echo/info", "OPTIONS, GET"));
  it("test_options_null_origin: the origin null is said back literally", async () => {
    const answer = await server.ask("/echo/info", {
      method: "OPTIONS",
      headers: { Origin: "null", "Access-Control-Request-Method": "POST" },
    });
    assert.deepEqual([answer.status, answer.body, field(answer, "access-control-allow-origin")], [204, "", "null"]);
  });
  it("test_disabled_websocket: it says so when there is no WebSocket", async () => {
    assert.equal((await info("/disabled_websocket_echo"))["websocket"], false);
    assert.equal((await server.ask("/disabled_websocket_echo/0/0/websocket")).status, 404);
  });
});

describe("SessionURLs", () => {
  it("test_anyValue: server and session may be anything (facts §2)", async () => {
    for (const part of ["/a/a", "/_/_", "/1/1", "/abcdefgh_i-j%20/abcdefg_i-j%20"]) await assertBody(`/echo${part}/xhr`, "o\n");
  });
  it("test_invalidPaths: but not empty, with a dot, or of another number of segments", async () => {
    for (const part of ["//", "/a./a", "/a/a.", "/./.", "/", "///"])
      for (const method of ["GET", "POST"]) assert.equal((await server.ask(`/echo${part}/xhr`, { method })).status, 404, part);
  });
  it("test_ignoringServerId: the session is found by its id alone", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertSent(`${session}/xhr_send`, '["a"]');
    await assertBody(`${session.replace("/000/", "/999/")}/xhr`, 'a["a"]\n');
  });
});

describe("Protocol", () => {
  it("test_simpleSession: open, send, receive; no second receiver, no sending to nobody (facts §5)", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertSent(`${session}/xhr_send`, '["a"]');
    await assertBody(`${session}/xhr`, 'a["a"]\n');
    assert.equal((await server.post("/echo/000/bad_session/xhr_send", '["a"]')).status, 404);
    const waiting = await waitingPoll(session);
    await assertBody(`${session}/xhr`, `${busy}\n`);
    waiting.close();
  });
  it("test_closeSession: after the close every request gets the close frame", async () => {
    const session = sessionAt("/close");
    for (const frame of ["o", goAway, goAway]) await assertBody(`${session}/xhr`, `${frame}\n`);
  });
});

/** A poll that waits, and that the server has. */
async function waitingPoll(session: string): Promise<{ close: () => void }> {
  const poll = server.raw();
  const arrived = once(server.http, "request");
  poll.send(`POST ${session}/xhr HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await arrived;
  return poll;
}

describe("WebsocketHttpErrors", () => {
  it("test_httpMethod: an ordinary GET is 400 (facts §6)", async () => {
    assert.equal((await server.ask("/echo/0/0/websocket")).status, 400);
  });
  it("test_invalidConnectionHeader: Upgrade without Connection: upgrade is 400", async () => {
    const answer = await server.ask("/echo/0/0/websocket", { headers: { Upgrade: "WebSocket", Connection: "close" } });
    assert.equal(answer.status, 400);
    assert.ok(answer.body.includes("Not a valid websocket request"));
  });
  it("test_invalidMethod: POST is 405, with and without Upgrade", async () => {
    assert405(await server.post("/echo/0/0/websocket", undefined, { Upgrade: "WebSocket", Connection: "Upgrade" }));
    assert405(await server.post("/echo/0/0/websocket"));
  });
});

describe("Websocket", () => {
  const at = (prefix: string): Talker => server.socket(`${sessionAt(prefix)}/websocket`);
  it("test_transport: frames over a WebSocket (facts §6)", async () => {
    const talker = at("/echo");
    await assertTold(talker, "o");
    talker.socket.send('["a"]');
    await assertTold(talker, 'a["a"]');
  });
  it("test_close: the close frame, then the close", async () => {
    const talker = at("/close");
    await assertTold(talker, "o", goAway);
    assert.equal((await talker.closed).code, 1000);
  });
  it("test_headersSanity: the handshake as RFC 6455 has it", async () => {
    const { head } = await server.stream(`${sessionAt("/echo")}/websocket`, {
      headers: {
        Upgrade: "websocket",
        Connection: "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Origin": "http://asd",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
      },
    });
    assert.equal(head.status, 101);
    assert.equal(field(head, "sec-websocket-accept"), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
    assert.deepEqual([field(head, "connection").toLowerCase(), field(head, "upgrade").toLowerCase()], ["upgrade", "websocket"]);
    assert.equal(head.fields.has("content-length"), false);
  });
  it("test_empty_frame: messages without messages are ignored", async () => {
    const talker = at("/echo");
    await assertTold(talker, "o");
    for (const text of ["", "[]", '["a"]']) talker.socket.send(text);
    await assertTold(talker, 'a["a"]');
  });
  it("test_reuseSessionId: one id may have several WebSockets, at once and one after another", async () => {
    const path = `${sessionAt("/echo")}/websocket`;
    const [first, second] = [server.socket(path), server.socket(path)];
    await assertTold(first, "o");
    await assertTold(second, "o");
    first.socket.send('["a"]');
    second.socket.send('["b"]');
    await assertTold(first, 'a["a"]');
    await assertTold(second, 'a["b"]');
    first.socket.close();
    await first.closed;
    const third = server.socket(path);
    await assertTold(third, "o");
    third.socket.send('["a"]');
    await assertTold(third, 'a["a"]');
  });
  it("test_haproxy: hixie-76 is answered before its nonce comes, then proves itself and speaks (facts §6)", async () => {
    const path = `${sessionAt("/echo")}/websocket`;
    const origin = `http://localhost:${server.port}`;
    const { head, connection } = await server.stream(path, {
      headers: {
        Host: `localhost:${server.port}`,
        Connection: "Upgrade",
        Upgrade: "WebSocket",
        Origin: origin,
        "Sec-WebSocket-Key1": "4 @1  46546xW%0l 1 5",
        "Sec-WebSocket-Key2": "12998 5 Y3 1  .P00",
      },
    });
    assert.equal(head.status, 101);
    assert.deepEqual([field(head, "connection").toLowerCase(), field(head, "upgrade").toLowerCase()], ["upgrade", "websocket"]);
    assert.equal(field(head, "sec-websocket-location"), `ws://localhost:${server.port}${path}`);
    assert.equal(field(head, "sec-websocket-origin"), origin);
    assert.equal(head.fields.has("content-length"), false);
    connection.send("aaaaaaaa");
    assert.equal((await connection.bytes(16)).toString("hex"), "ca3400d8a50847972cd5715ababf437b");
    assert.equal((await connection.bytes(3)).toString("latin1"), "\0o\xff");
  });
  it("test_broken_json: it ends the connection at once", async () => {
    const talker = at("/echo");
    await assertTold(talker, "o");
    talker.socket.send('["a');
    assert.deepEqual(await talker.closed, { code: 3000, reason: "Broken framing." });
  });
});

describe("XhrPolling", () => {
  it("test_options: preflight (facts §7)", async () => {
    for (const name of ["xhr", "xhr_send"]) await assertPreflight(`/echo/abc/abc/${name}`, "OPTIONS, POST");
  });
  it("test_transport: one frame each, with the types and fields of the protocol (facts §6)", async () => {
    const session = sessionAt("/echo");
    const opened = await server.post(`${session}/xhr`, undefined, { Origin: "test" });
    assert.deepEqual([opened.status, opened.body, typeOf(opened)], [200, "o\n", "application/javascript;charset=UTF-8"]);
    assertCors(opened, "test");
    assertNotCached(opened);
    const sent = await assertSent(`${session}/xhr_send`, '["x"]', { Origin: "test" });
    assert.equal(typeOf(sent), "text/plain;charset=UTF-8");
    assertCors(sent, "test");
    assertNotCached(sent);
    await assertBody(`${session}/xhr`, 'a["x"]\n');
  });
  it("test_invalid_session: sending to nobody is 404", async () => {
    assert.equal((await server.post(`${sessionAt("/echo")}/xhr_send`, '["x"]')).status, 404);
  });
  it("test_invalid_json: is refused, and the session lives on", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertRefused(`${session}/xhr_send`, '["x', "Broken JSON encoding.");
    await assertRefused(`${session}/xhr_send`, "", "Payload expected.");
    await assertSent(`${session}/xhr_send`, '["a"]');
    await assertBody(`${session}/xhr`, 'a["a"]\n');
  });
  it("test_content_types: messages are taken under any type", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    const types = [
      "text/plain",
      "T",
      "application/json",
      "application/xml",
      "",
      "application/json; charset=utf-8",
      "text/xml; charset=utf-8",
      "text/xml",
    ];
    for (const type of types) await assertSent(`${session}/xhr_send`, '["a"]', { "Content-Type": type });
    await assertBody(`${session}/xhr`, `a[${types.map(() => '"a"').join(",")}]\n`);
  });
  it("test_request_headers_cors: the fields that are asked for are allowed as they stand", async () => {
    for (const [asked, allowed] of [
      [{ "Access-Control-Request-Headers": "a, b, c" }, "a, b, c"],
      [{ "Access-Control-Request-Headers": "" }, undefined],
      [{}, undefined],
    ] as const) {
      const headers = { Origin: "test", "Access-Control-Request-Method": "POST", ...asked };
      const answer = await server.ask(`${sessionAt("/echo")}/xhr`, { method: "OPTIONS", headers });
      assert.equal(answer.status, 204);
      assertCors(answer, "test");
      assert.equal(answer.fields.get("access-control-allow-headers"), allowed);
    }
  });
  it("test_sending_empty_frame: an array of nothing is fine", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertSent(`${session}/xhr_send`, "[]");
    await assertSent(`${session}/xhr_send`, '["a"]');
    await assertBody(`${session}/xhr`, 'a["a"]\n');
  });
});

describe("XhrStreaming", () => {
  it("test_options: preflight", () => assertPreflight("/echo/abc/abc/xhr_streaming", "OPTIONS, POST"));
  it("test_transport: a prelude of 2 KiB, then a chunk for each frame (facts §6)", async () => {
    const session = sessionAt("/echo");
    const { head, connection } = await server.stream(`${session}/xhr_streaming`, { method: "POST", headers: { Origin: "test" } });
    assert.deepEqual([head.status, typeOf(head)], [200, "application/javascript;charset=UTF-8"]);
    assertCors(head, "test");
    assertNotCached(head);
    assert.equal(await connection.chunk(), `${"h".repeat(2048)}\n`);
    assert.equal(await connection.chunk(), "o\n");
    await assertSent(`${session}/xhr_send`, '["x"]');
    assert.equal(await connection.chunk(), 'a["x"]\n');
  });
  it("test_response_limit: the 31st frame of 134 bytes ends a response of 4,096", async () => {
    const session = sessionAt("/echo");
    const { connection } = await server.stream(`${session}/xhr_streaming`, { method: "POST" });
    await connection.chunk();
    assert.equal(await connection.chunk(), "o\n");
    const message = `["${"x".repeat(128)}"]`;
    for (let count = 0; count < 31; count++) {
      await assertSent(`${session}/xhr_send`, message);
      assert.equal(await connection.chunk(), `a${message}\n`);
    }
    assert.equal(await connection.chunk(), "");
  });
});

describe("EventSource", () => {
  it("test_transport: events, and control characters inside JSON (facts §6)", async () => {
    const session = sessionAt("/echo");
    const { head, connection } = await server.stream(`${session}/eventsource`);
    assert.deepEqual([head.status, typeOf(head)], [200, "text/event-stream"]);
    assertNotCached(head);
    assert.equal(await connection.chunk(), "\r\n");
    assert.equal(await connection.chunk(), "data: o\r\n\r\n");
    await assertSent(`${session}/xhr_send`, '["x"]');
    assert.equal(await connection.chunk(), 'data: a["x"]\r\n\r\n');
    await assertSent(`${session}/xhr_send`, String.raw`["  \u0000\n\r "]`);
    assert.equal(await connection.chunk(), `${String.raw`data: a["  \u0000\n\r "]`}\r\n\r\n`);
  });
  it("test_response_limit: a frame of more than the limit is sent whole, and is the last", () =>
    assertLimit("eventsource", (frame) => `data: ${frame}\r\n\r\n`));
});

async function assertLimit(transport: string, wrap: (frame: string) => string): Promise<void> {
  const session = sessionAt("/echo");
  const { connection } = await server.stream(`${session}/${transport}`);
  await connection.chunk();
  assert.equal(await connection.chunk(), wrap("o"));
  const message = `["${"x".repeat(4096)}"]`;
  await assertSent(`${session}/xhr_send`, message);
  assert.equal(await connection.chunk(), wrap(`a${message}`));
  assert.equal(await connection.chunk(), "");
}

const script = (frame: string): string => `<script>\np(${JSON.stringify(frame)});\n</script>\r\n`;
const badCallbacks = ["%20", "*", "abc(", "abc%28"];

async function assertCallbacks(transport: "htmlfile" | "jsonp"): Promise<void> {
  for (const callback of badCallbacks) {
    const answer = await server.ask(`/echo/a/a/${transport}?c=${callback}`);
    assert.equal(answer.status, 500);
    assert.ok(answer.body.includes('invalid "callback" parameter'));
  }
}

async function assertCallbackRequired(transport: "htmlfile" | "jsonp"): Promise<void> {
  const answer = await server.ask(`/echo/a/a/${transport}`);
  assert.equal(answer.status, 500);
  assert.ok(answer.body.includes('"callback" parameter required'));
}

describe("HtmlFile", () => {
  it("test_transport: a page of more than 1 KiB, then scripts (facts §6)", async () => {
    const session = sessionAt("/echo");
    const { head, connection } = await server.stream(`${session}/htmlfile?c=%63allback`);
    assert.deepEqual([head.status, typeOf(head)], [200, "text/html;charset=UTF-8"]);
    assertNotCached(head);
    const page = await connection.chunk();
    assert.ok(page.length > 1024);
    const expected = [
      "<!doctype html>",
      "<html><head>",
      '  <meta http-equiv="X-UA-Compatible" content="IE=edge" />',
      '  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />',
      "</head><body><h2>Don't panic!</h2>",
      "  <script>",
      "    document.domain = document.domain;",
      "    var c = parent.callback;",
      "    c.start();",
      "    function p(d) {c.message(d);};",
      "    window.onload = function() {c.stop();};",
      "  </script>",
    ];
    assert.equal(page.trim(), expected.join("\n"));
    assert.equal(await connection.chunk(), script("o"));
    await assertSent(`${session}/xhr_send`, '["x"]');
    assert.equal(await connection.chunk(), script('a["x"]'));
  });
  it("test_no_callback: is 500", () => assertCallbackRequired("htmlfile"));
  it("test_invalid_callback: is 500", () => assertCallbacks("htmlfile"));
  it("test_response_limit: a frame of more than the limit is sent whole, and is the last", () =>
    assertLimit("htmlfile?c=callback", script));
});

describe("JsonPolling", () => {
  it("test_transport: a call for each frame, ok for each message (facts §6)", async () => {
    const session = sessionAt("/echo");
    const opened = await assertBody(`${session}/jsonp?c=%63allback`, '/**/callback("o");\r\n', "GET");
    assert.equal(typeOf(opened), "application/javascript;charset=UTF-8");
    assertNotCached(opened);
    const sent = await assertSent(`${session}/jsonp_send`, "d=%5B%22x%22%5D", form);
    assert.equal(typeOf(sent), "text/plain;charset=UTF-8");
    assertNotCached(sent);
    await assertBody(`${session}/jsonp?c=%63allback`, String.raw`/**/callback("a[\"x\"]");` + "\r\n", "GET");
  });
  it("test_no_callback: is 500", () => assertCallbackRequired("jsonp"));
  it("test_invalid_callback: is 500", () => assertCallbacks("jsonp"));
  it("test_invalid_json: is refused, and the session lives on", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/jsonp?c=x`, '/**/x("o");\r\n', "GET");
    await assertRefused(`${session}/jsonp_send`, "d=%5B%22x", "Broken JSON encoding.", form);
    for (const body of ["", "d=", "p=p"]) await assertRefused(`${session}/jsonp_send`, body, "Payload expected.", form);
    await assertSent(`${session}/jsonp_send`, "d=%5B%22b%22%5D", form);
    await assertBody(`${session}/jsonp?c=x`, String.raw`/**/x("a[\"b\"]");` + "\r\n", "GET");
  });
  it("test_content_types: as a form, and bare", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/jsonp?c=x`, '/**/x("o");\r\n', "GET");
    await assertSent(`${session}/jsonp_send`, "d=%5B%22abc%22%5D", form);
    await assertSent(`${session}/jsonp_send`, '["%61bc"]', { "Content-Type": "text/plain" });
    await assertBody(`${session}/jsonp?c=x`, String.raw`/**/x("a[\"abc\",\"%61bc\"]");` + "\r\n", "GET");
  });
  it("test_close: after the close every request gets the close frame", async () => {
    const session = sessionAt("/close");
    for (const frame of ["o", goAway, goAway]) await assertBody(`${session}/jsonp?c=x`, `/**/x(${JSON.stringify(frame)});\r\n`, "GET");
  });
  it("test_sending_empty_frame: an array of nothing is fine", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/jsonp?c=x`, '/**/x("o");\r\n', "GET");
    await assertSent(`${session}/jsonp_send`, "d=%5B%5D", form);
    await assertSent(`${session}/jsonp_send`, "d=%5B%22x%22%5D", form);
    await assertBody(`${session}/jsonp?c=x`, String.raw`/**/x("a[\"x\"]");` + "\r\n", "GET");
  });
});

describe("JsessionidCookie", () => {
  const at = (): string => sessionAt("/cookie_needed_echo");
  const assertCookie = (head: RawHead, value = "dummy"): void => {
    assert.equal(head.status, 200);
    assert.equal(field(head, "set-cookie"), `JSESSIONID=${value}; path=/`);
  };
  it("test_basic: info says so, and sets none itself (facts §7)", async () => {
    const answer = await server.ask("/cookie_needed_echo/info");
    assert.equal(answer.fields.has("set-cookie"), false);
    assert.equal(JSON.parse(answer.body).cookie_needed, true);
  });
  it("test_xhr: sets the cookie, or says the client's back", async () => {
    assertCookie(await assertBody(`${at()}/xhr`, "o\n"));
    const again = await server.post(`${at()}/xhr`, undefined, { Cookie: "JSESSIONID=abcdef" });
    assert.deepEqual([again.status, again.body], [200, "o\n"]);
    assertCookie(again, "abcdef");
  });
  it("test_xhr_streaming: sets the cookie", async () => {
    assertCookie((await server.stream(`${at()}/xhr_streaming`, { method: "POST" })).head);
  });
  it("test_eventsource: sets the cookie", async () => {
    assertCookie((await server.stream(`${at()}/eventsource`)).head);
  });
  it("test_htmlfile: sets the cookie", async () => {
    assertCookie((await server.stream(`${at()}/htmlfile?c=%63allback`)).head);
  });
  it("test_jsonp: sets the cookie on both", async () => {
    const session = at();
    assertCookie(await assertBody(`${session}/jsonp?c=%63allback`, '/**/callback("o");\r\n', "GET"));
    assertCookie(await assertSent(`${session}/jsonp_send`, "d=%5B%22x%22%5D", form));
  });
});

describe("RawWebsocket", () => {
  it("test_transport: no frames of ours (facts §6)", async () => {
    const talker = server.socket("/echo/websocket");
    talker.socket.on("open", () => talker.socket.send("Hello world!\uffff"));
    await assertTold(talker, "Hello world!\uffff");
  });
  it("test_close: the application's code and reason", async () => {
    assert.deepEqual(await server.socket("/close/websocket").closed, { code: 3000, reason: "Go away!" });
  });
});

describe("JSONEncoding", () => {
  const list = (ranges: readonly (readonly [number, number])[]): number[] =>
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
  const escape = (codes: readonly number[]): string => `"${codes.map((code) => `\\u${code.toString(16).padStart(4, "0")}`).join("")}"`;
  it("test_xhr_server_encodes: exactly what browsers change under way (facts §4)", async () => {
    const fragile = list([[0x200c, 0x200f], [0x2028, 0x202f], [0x2060, 0x206f], [0xfff0, 0xffff]]); // biome-ignore format: pairs
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertSent(`${session}/xhr_send`, `["${String.fromCharCode(...fragile)}"]`);
    await assertBody(`${session}/xhr`, `a[${escape(fragile)}]\n`);
  });
  it("test_xhr_server_decodes: whatever the client escapes comes back as it was", async () => {
    // The suite has a long list of what clients escape; here it is everything, lone surrogates too.
    const codes = list([[0, 0xffff]]);
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    await assertSent(`${session}/xhr_send`, `[${escape(codes)}]`);
    const { body } = await server.post(`${session}/xhr`);
    assert.equal(JSON.parse(body.slice(1))[0], String.fromCharCode(...codes));
  });
});

describe("HandlingClose", () => {
  const open = async (session: string): Promise<{ chunk: () => Promise<string>; close: () => void }> => {
    const { connection } = await server.stream(`${session}/xhr_streaming`, { method: "POST" });
    assert.equal(await connection.chunk(), `${"h".repeat(2048)}\n`);
    return connection;
  };
  it("test_close_frame: the receiver is unlinked and ended; the next gets the close frame (facts §5)", async () => {
    const session = sessionAt("/close");
    const first = await open(session);
    assert.equal(await first.chunk(), "o\n");
    assert.equal(await first.chunk(), `${goAway}\n`);
    const second = await open(session);
    assert.equal(await second.chunk(), `${goAway}\n`);
    assert.deepEqual([await first.chunk(), await second.chunk()], ["", ""]);
  });
  it("test_close_request: a second receiver is refused after its prelude, and ended", async () => {
    const session = sessionAt("/echo");
    const first = await open(session);
    assert.equal(await first.chunk(), "o\n");
    const second = await open(session);
    assert.deepEqual([await second.chunk(), await second.chunk()], [`${busy}\n`, ""]);
    await assertSent(`${session}/xhr_send`, '["the first is untouched"]');
    assert.equal(await first.chunk(), 'a["the first is untouched"]\n');
  });
  it("test_abort_xhr_streaming: a receiver that breaks off ends the session", async () => {
    const session = sessionAt("/echo");
    const first = await open(session);
    assert.equal(await first.chunk(), "o\n");
    const second = await open(session);
    assert.deepEqual([await second.chunk(), await second.chunk()], [`${busy}\n`, ""]);
    first.close();
    const third = await open(session);
    assert.equal(await third.chunk(), "o\n");
  });
  it("test_abort_xhr_polling: also when it only polled", async () => {
    const session = sessionAt("/echo");
    await assertBody(`${session}/xhr`, "o\n");
    const poll = await waitingPoll(session);
    await assertBody(`${session}/xhr`, `${busy}\n`);
    poll.close();
    await assertBody(`${session}/xhr`, "o\n");
  });
});

for (const version of ["1.0", "1.1"] as const) {
  const chunked = version === "1.1";
  describe(chunked ? "Http11" : "Http10", () => {
    it("test_synchronous: a length, and the connection can be used again (facts §8)", async () => {
      const connection = server.raw();
      for (let turn = 0; turn < 2; turn++) {
        const head = await connection.request("/echo", { version, headers: { Connection: "Keep-Alive" } });
        assert.equal(head.status, 200);
        assert.equal(head.fields.has("transfer-encoding"), false);
        assert.equal(field(head, "content-length"), "19");
        assert.equal(field(head, "connection").toLowerCase(), "keep-alive");
        assert.equal((await connection.bytes(19)).toString(), "Welcome to SockJS!\n");
      }
    });
    it(`test_streaming: ${chunked ? "chunks" : "no chunks, the end is the end of the connection"}`, async () => {
      const { head, connection } = await server.stream(`${sessionAt("/close")}/xhr_streaming`, {
        method: "POST",
        version,
        headers: { Connection: "Keep-Alive" },
      });
      assert.equal(head.status, 200);
      assert.equal(head.fields.has("content-length"), false);
      assert.equal(head.fields.get("transfer-encoding"), chunked ? "chunked" : undefined);
      if (chunked) {
        assert.equal((await connection.chunk())[0], "h");
        for (const text of ["o\n", `${goAway}\n`, ""]) assert.equal(await connection.chunk(), text);
        return;
      }
      assert.equal((await connection.bytes(2049)).toString(), `${"h".repeat(2048)}\n`);
      assert.equal((await connection.bytes(2)).toString(), "o\n");
      assert.equal((await connection.bytes(19)).toString(), `${goAway}\n`);
      assert.equal(await connection.closed(), true);
    });
  });
}
