import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Client } from "@openline/client";
import { createServer } from "@openline/server";
import { findProgram } from "@openline/testkit";
import SockJS from "sockjs-client";

const require = createRequire(import.meta.url);
const Scaledrone = require("scaledrone-node") as new (
  channel: string,
  options: { url: string },
) => {
  on(event: "open", listener: () => void): void;
  subscribe(room: string): { on(event: "open" | "message", listener: (message: { data: unknown }) => void): void };
  publish(publication: { room: string; message: unknown }): void;
  close(): void;
};

const channel = "DOORdoorDOORdoor";
const secret = "0123456789abcdef0123456789abcdef";

/** Somebody in the room behind one door. */
interface Visitor {
  readonly name: string;
  /** What was received so far, in its order. */
  readonly received: unknown[];
  readonly close: () => void;
  /** Missing where a door is for reading only. */
  readonly publish?: (data: unknown) => void | Promise<unknown>;
}

async function throughSdk(url: string): Promise<Visitor> {
  const client = new Client(url);
  const room = client.join("plaza");
  const received: unknown[] = [];
  room.on("message", ({ data }) => received.push(data));
  await new Promise<void>((resolve) => room.on("joined", () => resolve()));
  return { name: "SDK", received, publish: async (data) => await room.publish(data), close: () => client.close() };
}

function throughSockjs(url: string, transport: string): Promise<Visitor> {
  const sock = new SockJS(`${url}/sockjs`, null, { transports: [transport], timeout: 20_000 });
  const received: unknown[] = [];
  let ref = 2;
  const publish = (data: unknown): void => sock.send(JSON.stringify({ type: "publish", ref: ++ref, room: "plaza", data }));
  const visitor: Visitor = { name: `SockJS ${transport}`, received, publish, close: () => sock.close() };
  sock.onopen = () => {
    sock.send(JSON.stringify({ type: "connect", ref: 1, version: 1 }));
    sock.send(JSON.stringify({ type: "join", ref: 2, room: "plaza" }));
  };
  return new Promise((resolve) => {
    sock.onmessage = ({ data }) => {
      const message = JSON.parse(data) as { readonly type: string; readonly data?: unknown };
      if (message.type === "joined") resolve(visitor);
      if (message.type === "message") received.push(message.data);
    };
  });
}

async function throughScaledrone(url: string): Promise<Visitor> {
  const drone = new Scaledrone(channel, { url: `${url.replace("http", "ws")}/v3/websocket` });
  const received: unknown[] = [];
  const room = drone.subscribe("plaza");
  room.on("message", ({ data }) => received.push(data));
  await new Promise<void>((resolve) => room.on("open", () => resolve()));
  return { name: "Scaledrone", received, publish: (message) => drone.publish({ room: "plaza", message }), close: () => drone.close() };
}

async function throughEvents(url: string): Promise<Visitor> {
  const abort = new AbortController();
  const headers = { accept: "text/event-stream" };
  const { body } = await fetch(`${url}/api/rooms/plaza/messages`, { headers, signal: abort.signal });
  assert.ok(body !== null);
  const received: unknown[] = [];
  const begun = new Promise<void>((resolve) => {
    const read = async (): Promise<void> => {
      let text = "";
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          if (event.startsWith("event: joined")) resolve();
          const data = /^id: .*\ndata: (.*)$/.exec(event)?.[1];
          if (data !== undefined) received.push(JSON.parse(data).data);
        }
      }
    };
    read().catch(() => undefined);
  });
  await begun;
  return { name: "server-sent events", received, close: () => abort.abort() };
}

/** Polls again and again, each time with a `curl` of its own. */
async function throughCurl(url: string, curl: string): Promise<Visitor> {
  const received: unknown[] = [];
  const over = new AbortController();
  const poll = async (query: string): Promise<string> => {
    const answer = await output(curl, ["-sS", "--fail-with-body", `${url}/api/rooms/plaza/messages?${query}`]);
    const { messages, position } = JSON.parse(answer) as { messages: { data: unknown }[]; position: string };
    received.push(...messages.map(({ data }) => data));
    return position;
  };
  const first = await poll("wait=0");
  const loop = async (after: string): Promise<void> => {
    for (let position = after; !over.signal.aborted; ) position = await poll(`after=${position}&wait=5`);
  };
  void loop(first).catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return { name: "long polling", received, close: () => over.abort() };
}

function output(program: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let fault = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (fault += chunk));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`curl ended with ${code}: ${fault}${text}`))));
  });
}

function everybody(url: string, curl: string): Promise<Visitor[]> {
  return Promise.all([
    throughSdk(url),
    throughSockjs(url, "websocket"),
    throughSockjs(url, "xhr-streaming"),
    throughSockjs(url, "xhr-polling"),
    throughScaledrone(url),
    throughEvents(url),
    throughCurl(url, curl),
  ]);
}

const post = async (url: string, data: unknown): Promise<void> => {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data) });
  assert.ok(response.ok, await response.text());
};

const curl = findProgram("curl");

test("one room behind every door: what is published through each arrives through each, once, in one order (N, U)", {
  skip: curl.path === undefined && curl.reason,
}, async (t) => {
  const server = createServer({ port: 0, logLevel: "silent", scaledrone: { [channel]: { secret, prefix: "", requireAuth: false } } });
  const { port } = await server.listen();
  const url = `http://localhost:${port}`;
  let visitors: readonly Visitor[] = [];
  t.after(async () => {
    for (const visitor of visitors) visitor.close();
    // Scaledrone's client would try to come back for minutes if its line broke before it has closed it.
    while (server.hub.connectionCount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.close({ graceMs: 0 });
  });
  visitors = await everybody(url, curl.path ?? "");
  const rounds = 5;
  const ways = [
    ...visitors.flatMap(({ name, publish }) => (publish === undefined ? [] : [{ name, publish }])),
    { name: "the hub's HTTP API", publish: async (data: unknown) => await post(`${url}/api/rooms/plaza/messages`, data) },
    { name: "Scaledrone's REST API", publish: async (data: unknown) => await post(`${url}/${channel}/plaza/publish`, data) },
  ];
  for (let round = 0; round < rounds; round++)
    await Promise.all(ways.map(async ({ name, publish }) => await publish({ name, round, text: "人 👋🏽 é" })));
  const expected = ways.length * rounds;
  const deadline = performance.now() + 30_000;
  while (visitors.some(({ received }) => received.length < expected) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const kept = (await server.hub.history("plaza", { limit: 1000 }))?.messages.map(({ data }) => data);
  assert.equal(kept?.length, expected);
  for (const { name, received } of visitors) assert.deepEqual(received, kept, name);
});
