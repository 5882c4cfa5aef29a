import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findProgram } from "@openline/testkit";
import { canCompress, endpointName } from "../interop/endpoint.ts";
import { type Project, startProject } from "./project.ts";

let project: Project;
before(async () => {
  project = await startProject();
});
after(() => project?.remove());

/** Runs a program of the project and gives what it told. */
async function facts(program: string, ...args: readonly string[]): Promise<unknown> {
  const { code, output } = await project.run(program, ...args);
  assert.equal(code, 0, output);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

test("npm's overrides put the endpoint in the place of every `ws`", {
  skip: endpointName === "ws" && "the real one stands there",
}, async () => {
  assert.deepEqual([...new Set(await project.standIns())], [endpointName]);
});

interface SocketIoFacts {
  /** Frames of the broadcast that were handed over ready-made, and how many of them differ. */
  readonly frames: { readonly shared: number; readonly distinct: number };
  readonly seen: unknown;
}

const socketIo = {
  transports: ["polling, websocket"],
  echoed: { text: "你好 🎉 e\u0301", list: [1, null, { deep: true }] },
  binary: "00ff7f",
  broadcast: true,
  binaryBroadcast: true,
  refusal: "no token",
  reason: "client namespace disconnect",
};
let plainSocketIo: Promise<unknown> | undefined;
const runSocketIo = async (): Promise<SocketIoFacts> => (await (plainSocketIo ??= facts("socket-io.mjs"))) as SocketIoFacts;

test("Socket.IO 4 starts with polling, upgrades, sends binary events, and broadcasts to many", async () => {
  const { seen } = await runSocketIo();
  assert.deepEqual(seen, { ...socketIo, extensions: [""] });
});

test("Socket.IO 4 makes the frame of a broadcast once and sends it to each of 20 through _sender.sendFrame", async () => {
  const { frames } = await runSocketIo();
  assert.deepEqual(frames, { shared: 20, distinct: 1 });
});

test("Socket.IO 4 with perMessageDeflate does the same over compressed connections", {
  skip: !canCompress && `${endpointName} does not negotiate permessage-deflate`,
}, async () => {
  const { frames, seen } = (await facts("socket-io.mjs", "--compress")) as SocketIoFacts;
  assert.deepEqual(seen, { ...socketIo, extensions: ["permessage-deflate"] });
  assert.equal(frames.shared, 0, "Engine.IO hands over ready-made frames only where nothing is compressed");
});

test("graphql-ws answers queries and subscriptions, and its close codes arrive", async () => {
  assert.deepEqual(await facts("graphql-ws.mjs"), {
    protocols: ["graphql-transport-ws"],
    hello: [{ hello: "你好 小明 🎉" }],
    counts: [1, 2, 3, 4, 5].map((count) => ({ count })),
    closes: ["4400 Invalid message received", "4403 Forbidden"],
    withoutSubprotocol: "Server sent no subprotocol",
    away: "1001 Going away",
  });
});

test("express-ws routes WebSockets through Express and its middleware", async () => {
  assert.deepEqual(await facts("express-ws.mjs"), {
    page: "hello page",
    answer: "hello 小明: 在吗 🎉",
    news: ["to all", "to all", "to all"],
    clients: 3,
    nowhere: 1005,
    order: ["page", "WebSocket"],
  });
});

test("mqtt.js speaks with a broker over createWebSocketStream, in order and up to 1 MiB", async () => {
  assert.deepEqual(await facts("mqtt.mjs"), {
    subprotocols: ["mqtt"],
    retained: "status/房间: retained 你好 🎉",
    large: true,
    inOrder: true,
    gone: ["one", "two"],
  });
});

const chromium = findProgram("chromium");
test("puppeteer-core 24 drives Debian's Chromium", { skip: chromium.path === undefined && chromium.reason }, async () => {
  assert.deepEqual(await facts("puppeteer.mjs", chromium.path ?? ""), {
    title: "标题 🎉",
    text: "clicked",
    long: true,
    image: true,
    errors: ["thrown in the page"],
    echoed: "hello..",
    pages: true,
  });
});
