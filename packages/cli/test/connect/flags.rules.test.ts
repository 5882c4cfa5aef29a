import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { start } from "../binary-fixture.ts";
import { serverOf } from "./line-fixture.ts";

const timeout = 60_000;

interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

/** Runs `openline connect` without input. */
async function connect(t: TestContext, args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const { ended, out, err } = start(t, ["connect", ...args], environment);
  return { code: await ended, out: out(), err: err() };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-flags-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("--header, --origin, --subprotocol, --auth and OPENLINE_AUTH reach the server as they were given", { timeout }, async (t) => {
  const requests: IncomingMessage[] = [];
  const { url, server } = await serverOf(t, (socket) => socket.send("hello"));
  server.on("connection", (_socket, request) => requests.push(request));
  const fields = [
    "--header",
    "X-Trace: 1",
    "--header",
    "X-Trace: 2",
    "--origin",
    "https://chat.example",
    "--subprotocol",
    "a",
    "--subprotocol",
    "b",
  ];
  const [{ code, out }] = await Promise.all([
    connect(t, [url, "--listen", "--count", "1", ...fields, "--auth", "ada:secret"]),
    connect(t, [url, "--count", "1"], { OPENLINE_AUTH: "bob:hidden" }),
  ]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(out.split("\n", 1)[0] ?? "").subprotocol, "a");
  const seen = (name: string): (string | undefined)[] => requests.map(({ headers }) => headers[name]?.toString()).toSorted();
  assert.deepEqual(seen("x-trace"), ["1, 2", undefined]);
  assert.deepEqual(seen("origin"), ["https://chat.example", undefined]);
  assert.deepEqual(
    seen("sec-websocket-protocol").map((text) => text?.replaceAll(" ", "")),
    ["a,b", undefined],
  );
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  assert.deepEqual(seen("authorization"), [basic("ada:secret"), basic("bob:hidden")].toSorted());
});

test("compression is offered and seen in the frames, and with --no-compression it is not (RFC 7692)", { timeout }, async (t) => {
  const { url } = await serverOf(t, (socket) => socket.send("x".repeat(2000)), { perMessageDeflate: { threshold: 0 } });
  const [on, off] = await Promise.all([
    connect(t, [url, "--listen", "--frames", "--count", "1"]),
    connect(t, [url, "--listen", "--frames", "--count", "1", "--no-compression"]),
  ]);
  const events = ({ out }: Ended): readonly Record<string, unknown>[] =>
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const opened = (ended: Ended): unknown => events(ended).find(({ event }) => event === "open")?.["extensions"];
  assert.deepEqual([opened(on), opened(off)], ["permessage-deflate", ""]);
  const first = (ended: Ended): Record<string, unknown> =>
    events(ended).find(({ event, direction }) => event === "frame" && direction === "received") ?? {};
  assert.deepEqual([first(on)["rsv1"], first(off)["rsv1"]], [true, false], on.out);
});

test("--send and --send-file send, --binary says how bytes are shown, --save keeps them as files", { timeout }, async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, "saved"));
  writeFileSync(join(folder, "in.bin"), Buffer.from([0, 1, 254, 255]));
  const { url } = await serverOf(t, (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  const sent = [url, "--send", "text", "--send-file", join(folder, "in.bin"), "--count", "2"];
  const [dump, base64, raw, saved] = await Promise.all([
    connect(t, sent),
    connect(t, [...sent, "--binary", "base64"]),
    connect(t, [...sent, "--binary", "raw"]),
    connect(t, [...sent, "--save", join(folder, "saved")]),
  ]);
  assert.deepEqual([dump.code, base64.code, raw.code, saved.code], [0, 0, 0, 0]);
  assert.match(dump.out, /^text\n00000000 {2}00 01 fe ff .*\n$/);
  assert.equal(base64.out, "text\nAAH+/w==\n");
  assert.ok(raw.out.startsWith("text\n\u0000\u0001"));
  const files = readdirSync(join(folder, "saved"));
  assert.equal(files.length, 1);
  assert.deepEqual(readFileSync(join(folder, "saved", files[0] ?? "")), Buffer.from([0, 1, 254, 255]));
});

test("--follow goes where a redirect leads, without it the answer is shown; --max-message-bytes and --timeout bound", {
  timeout,
}, async (t) => {
  const { url } = await serverOf(t, (socket) => socket.send("x".repeat(2000)));
  const elsewhere = createServer();
  elsewhere.on("upgrade", (request, socket) => {
    if (request.url === "/silent") return;
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    elsewhere.closeAllConnections();
    elsewhere.close();
  });
  const address = `ws://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  const [followed, stayed, large, silent] = await Promise.all([
    connect(t, [address, "--follow", "--count", "1"]),
    connect(t, [address, "--count", "1"]),
    connect(t, [url, "--max-message-bytes", "1000", "--count", "1"]),
    connect(t, [`${address}silent`, "--timeout", "500"]),
  ]);
  assert.deepEqual([followed.code, followed.out.length], [0, 2001]);
  assert.deepEqual([stayed.code, stayed.out], [3, ""]);
  assert.match(stayed.err, /302/);
  assert.equal(large.out, "");
  assert.deepEqual(
    [large.code, large.err],
    [5, "openline: closed with 1006: a message was larger than 1000 bytes: --max-message-bytes takes larger ones\n"],
  );
  assert.equal(silent.code, 1);
  assert.match(silent.err, /did not answer the handshake within 500 ms: --timeout waits longer\n$/);
});

test("--ping measures the round trip, and a peer that answers none is given up with 5", { timeout }, async (t) => {
  // The pong is on its way before what ends the call.
  const { url } = await serverOf(t, (socket) => socket.on("ping", () => setTimeout(() => socket.send("that was a ping"), 50)));
  const deaf = await serverOf(t, (socket) => socket.pause());
  const [answered, given] = await Promise.all([
    connect(t, [url, "--listen", "--ping", "2000", "--count", "1"]),
    connect(t, [deaf.url, "--ping", "300", "--for", "50000"]),
  ]);
  assert.match(answered.out, /^\{"event":"pong".*"ms":\d/m);
  assert.equal(given.code, 5, given.err);
});
