import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { findProgram } from "@openline/testkit";
import { WebSocketServer } from "@openline/ws";
import { chromium } from "playwright-core";
import { certificate } from "./http2-certificate.ts";

const program = findProgram("chromium");
const skip = program.path === undefined && program.reason;

/** What a page in Chromium saw of its sockets. */
interface Seen {
  readonly extensions: string;
  readonly protocol: string;
  readonly answers: readonly string[];
  readonly code: number;
  readonly wasClean: boolean;
}

// Runs in the page.
async function talk({ count, sizes }: { count: number; sizes: readonly number[] }): Promise<Seen[]> {
  const one = (at: number): Promise<Seen> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${location.host}/chat`, ["chat"]);
      const answers: string[] = [];
      socket.onopen = () => {
        for (const size of sizes) socket.send(`${at}`.repeat(size));
      };
      socket.onerror = () => reject(new Error("the WebSocket failed"));
      socket.onmessage = ({ data }) => {
        answers.push(`${String(data).length}`);
        if (answers.length === sizes.length) socket.close(4000 + at, "done");
      };
      socket.onclose = ({ code, wasClean }) => {
        const { extensions, protocol } = socket;
        resolve({ extensions, protocol, answers, code, wasClean });
      };
    });
  return await Promise.all(Array.from({ length: count }, (_, at) => one(at)));
}

for (const secure of [false, true])
  test(`Chromium over wss uses HTTP/2: one TCP connection, several sockets, ${secure ? "secure" : "ws"} profile (RFC 8441 §1, §5)`, {
    skip,
  }, async () => {
    if (program.path === undefined) return;
    const app: Http2SecureServer = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>HTTP/2</title>");
    });
    let connections = 0;
    app.on("secureConnection", () => connections++);
    const server = new WebSocketServer({ server: app, secure, perMessageDeflate: true });
    const versions: string[] = [];
    server.on("connection", (socket, request) => {
      versions.push(request.httpVersion);
      socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
    });
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    const { port } = app.address() as AddressInfo;
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--ignore-certificate-errors"];
    const browser = await chromium.launch({ executablePath: program.path, args });
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(`https://127.0.0.1:${port}/`);
      await page.evaluate("globalThis.__name = (named) => named"); // tsx marks the names of functions with it
      const sizes = [1, 200, 60_000];
      const seen = await page.evaluate<Seen[]>(`(${talk.toString()})(${JSON.stringify({ count: 6, sizes })})`);
      assert.deepEqual(
        seen.map(({ answers, protocol, code, wasClean }) => ({ answers, protocol, code, wasClean })),
        seen.map((_, at) => ({ answers: sizes.map((size) => `${size}`), protocol: "chat", code: 4000 + at, wasClean: true })),
      );
      for (const { extensions } of seen) assert.match(extensions, /^permessage-deflate/);
      assert.deepEqual(
        versions,
        Array.from({ length: 6 }, () => "2.0"),
      );
      assert.equal(connections, 1, "TCP connections");
    } finally {
      await browser.close();
      server.close();
      app.close();
    }
  });
