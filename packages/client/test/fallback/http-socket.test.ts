import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { HttpSocket } from "../../src/fallback/http-socket.ts";
import { FakeHttp, type FakeRequest } from "./fake-http.ts";

const prelude = `${"h".repeat(2048)}\n`;

function begin(): { http: FakeHttp; socket: HttpSocket; told: unknown[] } {
  const http = new FakeHttp();
  const told: unknown[] = [];
  const socket = new HttpSocket(
    {
      url: "https://host/base/sockjs",
      query: "?ticket=x",
      streamTimeoutMs: 3_000,
      withCredentials: true,
      onTransport: (transport) => told.push(transport),
    },
    http.platform,
  );
  socket.addEventListener("open", () => told.push("open"));
  socket.addEventListener("message", ({ data }) => told.push(data));
  socket.addEventListener("error", () => told.push("error"));
  socket.addEventListener("close", ({ code, reason }) => told.push([code, reason]));
  return { http, socket, told };
}

async function opened(): Promise<{ http: FakeHttp; socket: HttpSocket; told: unknown[]; stream: FakeRequest }> {
  const { http, socket, told } = begin();
  const stream = http.last("xhr_streaming");
  await stream.begin();
  await stream.write(`${prelude}o\n`);
  assert.deepEqual(told.splice(0), ["xhr-streaming", "open"]);
  return { http, socket, told, stream };
}

test("it opens with the first frame of a stream, under a name of its own, with the query of the hub's address", async () => {
  const { http } = await opened();
  assert.equal(http.requests[0]?.url, "https://host/base/sockjs/000/s1/xhr_streaming?ticket=x");
  assert.deepEqual([http.requests[0]?.init.method, http.requests[0]?.init.credentials], ["POST", "include"]);
});

test("messages come in order, however the stream is cut, and over the end of a response", async () => {
  const { http, told, stream } = await opened();
  const bytes = new TextEncoder().encode('a["通知","b"]\n');
  await stream.write(bytes.slice(0, 4));
  await stream.write(bytes.slice(4));
  await stream.end();
  assert.equal(http.count("xhr_streaming"), 2);
  const next = http.last("xhr_streaming");
  await next.begin();
  await next.write(`${prelude}a["c"]\n`);
  assert.deepEqual(told, ["通知", "b", "c"]);
});

test("what is sent meanwhile goes in one request, one at a time; bufferedAmount tells what is not taken yet", async () => {
  const { http, socket } = await opened();
  for (const text of ["a", "b", "c"]) socket.send(text);
  assert.equal(socket.bufferedAmount, 3);
  assert.equal(http.last("xhr_send").init.body, '["a"]');
  await http.last("xhr_send").respond(204);
  assert.equal(http.last("xhr_send").init.body, '["b","c"]');
  assert.equal(socket.bufferedAmount, 2);
  await http.last("xhr_send").respond(204);
  assert.equal(socket.bufferedAmount, 0);
  assert.equal(http.count("xhr_send"), 2);
});

test("a request carries 64 KiB, or one message", async () => {
  const { http, socket } = await opened();
  for (const length of [1, 70_000, 40_000, 20_000, 10_000]) socket.send("x".repeat(length));
  const lengths: number[][] = [];
  while (socket.bufferedAmount > 0) {
    const sent = http.last("xhr_send");
    lengths.push(JSON.parse(sent.init.body ?? "").map((text: string) => text.length));
    await sent.respond(204);
  }
  assert.deepEqual(lengths, [[1], [70_000], [40_000, 20_000], [10_000]]);
});

test("where no stream begins in time it polls, in another session", async () => {
  const { http, told } = begin();
  await http.last("xhr_streaming").begin();
  await http.clock.advanceAsync(3_000);
  assert.equal(http.last("xhr_streaming").isAborted, true);
  assert.equal(http.last("xhr").url, "https://host/base/sockjs/000/s2/xhr?ticket=x");
  await http.last("xhr").respond(200, "o\n");
  await http.last("xhr").respond(200, 'a["x"]\n');
  assert.deepEqual(told, ["xhr-polling", "open", "x"]);
  assert.equal(http.count("xhr"), 3);
  assert.equal(http.clock.pending, 0);
});

test("a stream that began in time stays", async () => {
  const { http, told } = await opened();
  await http.clock.advanceAsync(60_000);
  assert.deepEqual(told, []);
  assert.equal(http.count("xhr"), 0);
});

test("a server that cannot be reached is told with error and 1006, after both ways were tried", async () => {
  const { http, told } = begin();
  http.last("xhr_streaming").break();
  await settle();
  await http.last("xhr").respond(403, "no");
  assert.deepEqual(told, ["error", [1006, "the server cannot be reached"]]);
});

for (const [what, break_] of [
  ["breaks", (stream) => stream.break()],
  [
    "ends within a frame",
    async (stream) => {
      await stream.write("a[");
      await stream.end();
    },
  ],
  ["is no frame", (stream) => stream.write("<html>\n")],
  ["begins anew, for the server has lost the session", (stream) => stream.write("o\n")],
  ["is no UTF-8", (stream) => stream.write(new Uint8Array([0xff]))],
] as readonly (readonly [string, (stream: FakeRequest) => unknown])[]) {
  test(`a stream that ${what} closes with 1006: what was under way is the client's to recover`, async () => {
    const { told, stream } = await opened();
    await break_(stream);
    await settle();
    assert.equal(told[0], "error");
    assert.equal((told[1] as [number])[0], 1006);
    assert.equal(told.length, 2);
  });
}

test("a message that cannot be sent closes with 1006, and nothing of the rest is sent out of order", async () => {
  const { http, socket, told, stream } = await opened();
  socket.send("a");
  socket.send("b");
  await http.last("xhr_send").respond(404);
  assert.deepEqual(told, ["error", [1006, "a message could not be sent"]]);
  assert.equal(http.count("xhr_send"), 1);
  assert.equal(stream.isAborted, true);
  socket.send("c");
  assert.equal(socket.bufferedAmount, 0);
});

test("the server's close frame closes with its code and reason", async () => {
  const { told, stream } = await opened();
  await stream.write('a["last"]\nc[1012,"restart"]\na["late"]\n');
  assert.deepEqual(told, ["last", [1012, "restart"]]);
});

test("S: a heartbeat is answered with an empty array; the prelude is none", async () => {
  const { http, stream } = await opened();
  assert.equal(http.count("xhr_send"), 0);
  await stream.write("h\n");
  assert.equal(http.last("xhr_send").init.body, "[]");
});

test("close sends what waits, says goodbye, and only then is closed", async () => {
  const { http, socket, told, stream } = await opened();
  socket.send("last");
  socket.close(1000, "done");
  await settle();
  assert.deepEqual(told, []);
  await http.last("xhr_send").respond(204);
  const goodbye = http.last("goodbye");
  assert.equal(goodbye.init.keepalive, true);
  await goodbye.respond(204);
  assert.deepEqual(told, [[1000, "done"]]);
  assert.equal(stream.isAborted, true);
});

test("a close that comes back (4500) and terminate say no goodbye: the server keeps the session", async () => {
  for (const [act, code] of [
    [(socket: HttpSocket) => socket.close(4500, "coming back"), 4500],
    [(socket: HttpSocket) => socket.terminate(), 1006],
  ] as const) {
    const { http, socket, told, stream } = await opened();
    act(socket);
    await settle();
    assert.equal((told[0] as [number])[0], code);
    assert.equal(http.count("goodbye"), 0);
    assert.equal(stream.isAborted, true);
    socket.terminate();
    assert.equal(told.length, 1);
  }
});

test("closed before it opened, it asks for nothing more and leaves no timer", async () => {
  const { http, socket, told } = begin();
  socket.close();
  await settle();
  await http.clock.advanceAsync(10_000);
  assert.deepEqual(told, [[1000, ""]]);
  assert.equal(http.requests.length, 1);
  assert.equal(http.clock.pending, 0);
});
