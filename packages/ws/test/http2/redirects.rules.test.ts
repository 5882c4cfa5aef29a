import assert from "node:assert/strict";
import { once } from "node:events";
import http2, { type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { ClientOptions } from "../../src/client-options.ts";
import { sessionPool } from "../../src/http2/session-pool.ts";
import { WebSocket } from "../../src/websocket.ts";
import { certificate } from "../fixtures/certificate.ts";
import { closed, listen } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

const asked: ClientOptions = { http2: true, rejectUnauthorized: false };
const following: ClientOptions = { ...asked, followRedirects: true };

/** A server that answers each extended CONNECT with `answer`; its address, and the fields of the requests. */
async function answering(
  t: TestContext,
  answer: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders & { readonly body?: string },
): Promise<{ url: string; requests: IncomingHttpHeaders[]; codes: number[] }> {
  const app = http2.createSecureServer(certificate);
  app.updateSettings({ enableConnectProtocol: true });
  const requests: IncomingHttpHeaders[] = [];
  const codes: number[] = [];
  app.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => undefined).on("close", () => codes.push(stream.rstCode));
    requests.push(headers);
    const { body, ...fields } = answer(headers);
    stream.respond(fields);
    if (body !== undefined) stream.end(body);
  });
  app.listen(0, "127.0.0.1");
  t.after(() => app.close());
  await once(app, "listening");
  return { url: `wss://127.0.0.1:${(app.address() as AddressInfo).port}`, requests, codes };
}

const redirecting = (t: TestContext, location: string): ReturnType<typeof answering> => answering(t, () => ({ ":status": 302, location }));

async function failure(url: string, options: ClientOptions): Promise<string> {
  const socket = new WebSocket(url, options);
  const end = closed(socket);
  const [error] = (await once(socket, "error")) as [Error];
  assert.deepEqual(await end, [1006, ""]);
  return error.message;
}

async function opened(t: TestContext, url: string, options: ClientOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

const target = async (t: TestContext): ReturnType<typeof listen> => {
  const { port, ...rest } = await listen(t, { tls: certificate });
  return { ...rest, port, url: `wss://127.0.0.1:${port}` };
};

test("redirects are followed when asked, to another host or the same, and reported (RFC 9110 §15.4)", async (t) => {
  const { server, url } = await target(t);
  const away = await redirecting(t, `${url.replace("wss:", "https:")}/there`);
  const first = await answering(t, ({ ":path": path }) => ({ ":status": 307, location: path === "/" ? "/again" : away.url }));
  assert.equal(await failure(first.url, asked), "Unexpected server response: 307");
  const versions: string[] = [];
  server.on("connection", (_socket, request) => versions.push(`${request.httpVersion} ${request.url}`));
  const seen: string[] = [];
  const socket = new WebSocket(first.url, following);
  t.after(() => socket.terminate());
  socket.on("redirect", (to) => seen.push(to));
  await once(socket, "open");
  assert.deepEqual(seen, [`${first.url}/again`, `${away.url}/`, `${url}/there`]);
  assert.equal(socket.url, `${url}/there`);
  assert.deepEqual(versions, ["2.0 /there"]);
  await until(() => first.codes.length === 3);
  assert.equal(first.codes[1], http2.constants.NGHTTP2_CANCEL);
  const end = closed(socket);
  socket.close();
  await end;
  await until(() => sessionPool.size === 0);
});

test("a way that is too long, or leads where no WebSocket is, is an error", async (t) => {
  const loop = await redirecting(t, "/again");
  assert.equal(await failure(loop.url, { ...following, maxRedirects: 2 }), "Maximum redirects exceeded");
  assert.equal(loop.requests.length, 3);
  assert.match(await failure((await redirecting(t, "ftp://x/")).url, following), /must be one of "ws:"/);
  assert.match(await failure((await redirecting(t, "http://")).url, following), /Invalid URL: http:\/\//);
  const silent = createTcpServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  t.after(() => silent.close());
  await once(silent, "listening");
  const { url } = await redirecting(t, `wss://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  assert.equal(await failure(url, { ...following, handshakeTimeout: 500 }), "Opening handshake has timed out");
  await until(() => sessionPool.size === 0);
});

test("credentials go along to the same host and to no other, unless somebody listens for `redirect`, who may change the fields", async (t) => {
  const { server, url } = await target(t);
  const seen: unknown[][] = [];
  server.on("connection", (_socket, { headers: { authorization, cookie, "x-kept": kept } }) => seen.push([authorization, cookie, kept]));
  const first = await answering(t, ({ ":path": path }) => ({ ":status": 302, location: path === "/" ? "/again" : url }));
  const options: ClientOptions = { ...following, headers: { Cookie: "a=1", "X-Kept": "yes" } };
  const from = first.url.replace("wss://", "wss://user:secret@");
  await opened(t, from, options);
  const basic = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  assert.deepEqual(
    first.requests.map(({ authorization, cookie }) => [authorization, cookie]),
    [
      [basic, "a=1"],
      [basic, "a=1"],
    ],
  );
  const socket = new WebSocket(from, options);
  t.after(() => socket.terminate());
  socket.on("redirect", (_to, request) => request.setHeader("X-Kept", `${String(request.getHeader("cookie"))}, changed`));
  await once(socket, "open");
  assert.deepEqual(seen, [
    [undefined, undefined, "yes"],
    [basic, "a=1", "a=1, changed"],
  ]);
});

test("a listener of `redirect` can give the request up, and nothing is sent", async (t) => {
  const { server, url } = await target(t);
  server.on("connection", () => assert.fail("it was given up"));
  const first = await redirecting(t, url);
  const destroying = new WebSocket(first.url, following);
  destroying.on("redirect", (_to, request) => request.destroy());
  const [error] = (await once(destroying, "error")) as [Error];
  assert.equal(error.message, "The request was given up in a listener of redirect");
  const closing = new WebSocket(first.url, following);
  closing.on("redirect", () => closing.close());
  const [abandoned] = (await once(closing, "error")) as [Error];
  assert.equal(abandoned.message, "WebSocket was closed before the connection was established");
  await until(() => sessionPool.size === 0);
});

test("auto: a redirect to a server without HTTP/2, or to plain text, goes on over HTTP/1.1 with what is left of the redirects", async (t) => {
  const plain = await listen(t);
  const old = await listen(t, { tls: certificate, http2: false });
  for (const url of [plain.url, `wss://127.0.0.1:${old.port}`]) {
    const first = await redirecting(t, url);
    const options: ClientOptions = { ...following, http2: "auto", headers: { Cookie: "a=1" }, maxRedirects: 1 };
    const request = once(url === plain.url ? plain.server : old.server, "connection");
    const socket = await opened(t, first.url, options);
    assert.equal(socket.url, `${url}/`);
    const [, { headers, httpVersion }] = (await request) as [WebSocket, { headers: IncomingHttpHeaders; httpVersion: string }];
    assert.deepEqual([headers.cookie, httpVersion], [undefined, "1.1"]);
    assert.equal(await failure(first.url, { ...options, maxRedirects: 0 }), "Maximum redirects exceeded");
  }
});

test("a session of the application's follows to where it leads, and to no other host", async (t) => {
  const { url } = await target(t);
  const there = await answering(t, ({ ":path": path }) => (path === "/" ? { ":status": 302, location: "/again" } : { ":status": 200 }));
  const away = await redirecting(t, url);
  const sessions = [there, away].map((place) => http2.connect(place.url.replace("wss:", "https:"), { rejectUnauthorized: false }));
  t.after(() => sessions.forEach((session) => session.destroy()));
  const [first, second] = sessions;
  assert.equal((await opened(t, there.url, { http2: first, followRedirects: true })).url, `${there.url}/again`);
  assert.equal(
    await failure(away.url, { http2: second, followRedirects: true }),
    `A redirect leads to ${new URL(url).host}, which is not where the session given as http2 leads`,
  );
});

test("unexpected-response: who listens reads the body, and decides how it ends", async (t) => {
  const { url, codes } = await answering(t, () => ({ ":status": 401, "x-why": "token", body: "x".repeat(100_000) }));
  const socket = new WebSocket(url, asked);
  socket.on("error", () => undefined);
  const end = closed(socket);
  const [request, response] = (await once(socket, "unexpected-response")) as [
    http2.Http2ServerRequest,
    http2.Http2ServerRequest & { statusCode: number },
  ];
  assert.deepEqual([response.statusCode, response.headers["x-why"]], [401, "token"]);
  assert.equal((await response.toArray()).join("").length, 100_000);
  assert.equal(socket.readyState, WebSocket.CONNECTING);
  request.destroy();
  socket.terminate();
  assert.deepEqual(await end, [1006, ""]);
  const other = new WebSocket(url, asked);
  other.on("unexpected-response", (given) => given.destroy(new Error("seen")));
  const [error] = (await once(other, "error")) as [Error];
  assert.equal(error.message, "seen");
  await until(() => sessionPool.size === 0 && codes.length === 2);
});
