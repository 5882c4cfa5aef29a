// A peer that resets the connection in the middle of a handshake: nobody is harmed, and nothing is left behind.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { type ServerOptions, type VerifyAnswer, type WebSocket, WebSocketServer } from "@openline/ws";
import { openingRequest, RawClient, until } from "./raw.ts";

const TIMES = 40;

interface Row {
  readonly when: string;
  readonly request: string;
  readonly options?: (answers: VerifyAnswer[]) => ServerOptions;
}

const rows: readonly Row[] = [
  { when: "a refused version", request: openingRequest({ "Sec-WebSocket-Version": "7" }) },
  { when: "a refused key", request: openingRequest({ "Sec-WebSocket-Key": "" }) },
  { when: "a refused path", request: openingRequest(), options: () => ({ path: "/elsewhere" }) },
  { when: "a refused origin", request: openingRequest({ Origin: "http://evil.test" }), options: () => ({ origins: "same-origin" }) },
  { when: "a refusal of verifyClient", request: openingRequest(), options: () => ({ verifyClient: () => false }) },
  {
    when: "a verifyClient that is pending, and accepts afterwards",
    request: openingRequest(),
    options: (answers) => ({ verifyClient: (_info, answer) => void answers.push((isRight) => answer(isRight)) }),
  },
  {
    when: "a verifyClient that is pending, and refuses afterwards",
    request: openingRequest(),
    options: (answers) => ({ verifyClient: (_info, answer) => void answers.push(() => answer(false, 403, "no")) }),
  },
  { when: "an accepted handshake", request: openingRequest() },
  { when: "an accepted handshake with a frame behind it", request: `${openingRequest()}\u0081\u0080\0\0\0\0` },
];

describe("a TCP reset during an upgrade does not end the process (RFC 6455 §7.1.7; R16, R23)", () => {
  for (const row of rows) {
    test(`a reset at ${row.when}`, async (t) => {
      const answers: VerifyAnswer[] = [];
      const http = createServer();
      const server = new WebSocketServer({ ...row.options?.(answers), server: http });
      let opened = 0;
      let closed = 0;
      server.on("connection", (socket: WebSocket) => {
        opened++;
        socket.on("error", () => undefined).on("close", () => closed++);
        socket.send("welcome");
      });
      http.listen(0, "127.0.0.1");
      await once(http, "listening");
      t.after(() => http.close());
      const { port } = http.address() as AddressInfo;
      for (let turns = 0; turns < TIMES; turns++) await resetAfter(await RawClient.connect(t, port), row.request, turns % 8);
      const connections = async (): Promise<number> =>
        new Promise((resolve, reject) => http.getConnections((error, count) => (error ? reject(error) : resolve(count))));
      if (row.when.includes("pending")) assert.ok(answers.length > 0, "verifyClient was never asked");
      for (const answer of answers.splice(0)) answer(true);
      await until(() => closed === opened && server.clients.size === 0, "the end of every socket");
      for (let left = await connections(); left > 0; left = await connections()) {
        for (const answer of answers.splice(0)) answer(true);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await stillServes(t, server, port, answers);
    });
  }
});

/** Sends the request, lets that many turns of the event loop pass, and resets the connection. */
async function resetAfter(client: RawClient, request: string, turns: number): Promise<void> {
  client.socket.write(request, "latin1");
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
  client.socket.resetAndDestroy();
  await client.until(() => client.isClosed, "its own end");
}

async function stillServes(
  t: Parameters<typeof RawClient.connect>[0],
  server: WebSocketServer,
  port: number,
  answers: VerifyAnswer[],
): Promise<void> {
  const client = await RawClient.connect(t, port);
  client.socket.write(openingRequest({}, server.options.path === undefined ? "GET / HTTP/1.1" : `GET ${server.options.path} HTTP/1.1`));
  await client.until(() => {
    for (const answer of answers.splice(0)) answer(true);
    return client.text.includes("\r\n\r\n");
  }, "an answer");
  assert.match(client.text, /^HTTP\/1\.1 (?:101|401|403) /);
  client.socket.destroy();
}
