import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { createLog } from "../src/log.ts";
import { OpenRequests, type RequestOptions } from "../src/open-requests.ts";
import { ask } from "./http-fixture.ts";
import { readAll } from "./server-fixture.ts";

interface Started {
  readonly requests: OpenRequests;
  readonly port: number;
  readonly logged: string[];
}

async function start(t: TestContext, options: Partial<RequestOptions>): Promise<Started> {
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const fetch = () => new Response("answer", { status: 201 });
  const requests = new OpenRequests({
    fetch,
    sockjs: undefined,
    health: { draining: false },
    onAnswered: () => undefined,
    log,
    ...options,
  });
  const http = createServer((request, response) => requests.handle(request, response)).listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => {
    http.close();
    http.closeAllConnections();
  });
  return { requests, port: (http.address() as AddressInfo).port, logged };
}

test("each request is told of when its answer is over, with method and status", async (t) => {
  const answers = new EventEmitter();
  const { port } = await start(t, { onAnswered: (method, status) => void answers.emit("answer", method, status) });
  const answered = once(answers, "answer");
  assert.equal((await ask(port, "/", { method: "POST", body: "x" })).text, "answer");
  assert.deepEqual(await answered, ["POST", 201]);
});

test("what lies below the SockJS prefix is SockJS's, the rest is not", async (t) => {
  const sockjs: RequestOptions["sockjs"] = {
    isOurs: ({ url }) => url?.startsWith("/sockjs") === true,
    handleRequest: (_request, response) => void response.end("sockjs"),
  };
  const { port } = await start(t, { sockjs });
  assert.deepEqual([(await ask(port, "/sockjs/info")).text, (await ask(port, "/health")).text], ["sockjs", "answer"]);
});

test("R8: while the server drains every answer ends its connection, before it none does", async (t) => {
  const health = { draining: false };
  const { port } = await start(t, { health });
  const agent = { headers: { connection: "keep-alive" } };
  assert.equal((await ask(port, "/", agent)).headers["connection"], "keep-alive");
  health.draining = true;
  assert.equal((await ask(port, "/", agent)).headers["connection"], "close");
});

test("R8: a request that was under way is told too that its connection ends", async (t) => {
  const route = new EventEmitter();
  const asked = once(route, "asked");
  const fetch = async (): Promise<Response> => {
    route.emit("asked");
    await once(route, "go");
    return new Response("late");
  };
  const { requests, port } = await start(t, { fetch });
  const answer = ask(port, "/", { headers: { connection: "keep-alive" } });
  await asked;
  requests.endConnections();
  route.emit("go");
  assert.deepEqual([(await answer).text, (await answer).headers["connection"]], ["late", "close"]);
});

test("a request that no route can be looked for is its own fault: 400, and nothing in the log", async (t) => {
  const { port, logged } = await start(t, {});
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
  assert.match(await readAll(socket), /^HTTP\/1\.1 400 .*"code":"bad-request"/s);
  assert.deepEqual(logged, []);
});

test("what a route lets fall is 500, with the reason in the log only", async (t) => {
  const { port, logged } = await start(t, { fetch: () => Promise.reject(new Error("secret detail")) });
  const { status, text } = await ask(port, "/");
  assert.equal(status, 500);
  assert.doesNotMatch(text, /secret detail/);
  assert.match(logged.join(""), /secret detail/);
});
