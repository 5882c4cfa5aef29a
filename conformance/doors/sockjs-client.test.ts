import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it, test } from "node:test";
import SockJS from "sockjs-client";
import { type SockjsService, samples, startSockjs } from "./sockjs-endpoint.ts";

let service: SockjsService;
before(async () => {
  service = await startSockjs();
});
after(() => service?.stop());

/** The transports that sockjs-client has without a document. */
const transports = ["websocket", "xhr-streaming", "eventsource", "xhr-polling"];

/** The real client, on one transport, with a patient time limit. */
const open = (path: string, transport: string): SockJS =>
  new SockJS(service.url + path, null, { transports: [transport], timeout: 20_000 });

interface Closed {
  readonly code: number;
  readonly reason: string;
}
const closeOf = (sock: SockJS): Promise<Closed> =>
  new Promise((resolve) => {
    sock.onclose = ({ code, reason }) => resolve({ code, reason });
  });

// They wait for heartbeats most of the time.
describe("sockjs-client 1.6.1", { concurrency: 12 }, () => {
  for (const transport of transports) {
    it(`U: sockjs-client 1.6.1 over ${transport}: every text comes back once and in order, over the response limit`, async () => {
      const sock = open("/echo", transport);
      const sent = [...samples, ...Array.from({ length: 200 }, (_, index) => `message ${index}`)];
      const received: string[] = [];
      await new Promise<void>((resolve, reject) => {
        sock.onopen = () => {
          for (const text of sent) sock.send(text);
        };
        sock.onmessage = ({ data }) => {
          received.push(data);
          if (received.length === sent.length) resolve();
        };
        sock.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason} after ${received.length} messages`));
      });
      assert.equal(sock.transport, transport);
      assert.deepEqual(received, sent);
      const closed = closeOf(sock);
      sock.close(3001, "bye");
      assert.deepEqual(await closed, { code: 3001, reason: "bye" });
    });

    it(`sockjs-client 1.6.1 over ${transport} hears the server's code and reason (facts §5)`, async () => {
      assert.deepEqual(await closeOf(open("/close", transport)), { code: 3000, reason: "Go away!" });
    });

    it(`S: over ${transport} a client that answers h with sock.send("h") stays; its answers do not reach the application`, async () => {
      const sock = open("/acknowledged", transport);
      let beats = 0;
      const received: string[] = [];
      const closed = closeOf(sock);
      sock.onmessage = ({ data }) => received.push(data);
      const stayed = new Promise<void>((resolve) => {
        sock.onheartbeat = () => {
          if (sock.readyState !== 1) return;
          sock.send("h");
          beats++;
          if (beats === 12) resolve();
        };
      });
      // Twelve heartbeats take 2.4 s, more than the two after which a silent client is cut.
      await Promise.race([stayed, closed.then(({ code, reason }) => assert.fail(`closed with ${code} ${reason}`))]);
      sock.send("still here");
      while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(received, ["got still here"]);
      sock.close();
      await closed;
    });

    it(`S: over ${transport} a client that does not answer h is cut`, async () => {
      assert.deepEqual(await closeOf(open("/acknowledged", transport)), { code: 3000, reason: "No response from heartbeat" });
    });
  }
});

test("without a list of transports sockjs-client takes WebSocket, and a streaming one where WebSocket is off (facts §11)", async () => {
  const off = await startSockjs({ websocket: false });
  for (const [url, expected] of [
    [service.url, "websocket"],
    [off.url, "xhr-streaming"],
  ] as const) {
    const sock = new SockJS(`${url}/echo`, null, { timeout: 20_000 });
    await new Promise<void>((resolve) => {
      sock.onopen = resolve;
    });
    assert.equal(sock.transport, expected);
    const closed = closeOf(sock);
    sock.close();
    await closed;
  }
  await off.stop();
});

/** As programs for the npm package are written; only the name in `require` is another one. */
const programForNpm = `
const http = require("http");
const sockjs = require("@openline/sockjs");
const echo = sockjs.createServer({ sockjs_url: "https://cdn.jsdelivr.net/npm/sockjs-client@1.6.1/dist/sockjs.min.js" });
echo.on("connection", function (conn) {
  conn.on("data", function (message) {
    conn.write(conn.protocol + " " + conn.prefix + " " + message);
    if (message === "bye") conn.close(3001, "bye");
  });
  conn.on("close", function () { console.log("closed", String(conn.writable)); });
});
const server = http.createServer();
echo.installHandlers(server, { prefix: "/echo" });
server.listen(0, "0.0.0.0", function () { console.log(server.address().port); });
`;

test("a program for the npm package sockjs, in CommonJS, runs with the name changed alone", async (t) => {
  const child = spawn(process.execPath, ["-e", programForNpm], { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const lines = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  for (const transport of ["websocket", "xhr-streaming"]) {
    const sock = new SockJS(`http://127.0.0.1:${port}/echo`, null, { transports: [transport], timeout: 20_000 });
    const heard: string[] = [];
    sock.onopen = () => sock.send("bye");
    sock.onmessage = ({ data }) => heard.push(data);
    assert.deepEqual(await closeOf(sock), { code: 3001, reason: "bye" });
    assert.deepEqual(heard, [`${transport} /echo bye`]);
    assert.equal((await lines.next()).value, "closed false\n");
  }
  const gone = once(child, "close");
  child.kill();
  await gone;
});
