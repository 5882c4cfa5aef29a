import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findProgram } from "@openline/testkit";
import { signatureFields } from "../src/webhooks/signature.ts";
import { ask } from "./http-fixture.ts";
import { openClient, startServer } from "./server-fixture.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const found = findProgram("python3");
const withPython = { skip: found.path === undefined ? found.reason : false };
const python = found.path === undefined ? { path: "python3", env: {} } : found;

interface Running {
  readonly port: number;
  /** Resolves with the first line that fits. */
  readonly line: (pattern: RegExp) => Promise<string>;
}

/** Runs an example as its first line says, on a free port. */
async function run(t: TestContext, program: string, file: string, environment: Record<string, string> = {}): Promise<Running> {
  const child: ChildProcess = spawn(program, [join(root, "examples", file)], {
    env: { ...process.env, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let wake: () => void = () => undefined;
  if (child.stdout === null) throw new Error("the example has no output");
  createInterface(child.stdout).on("line", (text) => {
    lines.push(text);
    wake();
  });
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find((text) => pattern.test(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { port: Number((await line(/^listening on \d+$/)).split(" ").at(-1)), line };
}

test("examples/express: a page and rooms on one port, with hooks that decide and hear", async (t) => {
  const { port, line } = await run(t, process.execPath, "express/server.js");
  assert.match((await ask(port, "/")).text, /Express and Openline/);
  const client = await openClient(`ws://localhost:${port}/realtime/hub`, ["openline.v1"]);
  client.send({ type: "connect", ref: 0, version: 1, user: "阿达" });
  client.send({ type: "join", ref: 1, room: "staff" });
  assert.equal((await client.next("error"))["message"], "staff only");
  client.send({ type: "join", ref: 2, room: "lobby" });
  client.send({ type: "publish", ref: 3, room: "lobby", data: " 你好 👋 " });
  assert.equal((await client.next("message"))["data"], "你好 👋");
  assert.match(await line(/^published/), /^published lobby 阿达 你好 👋$/);
});

test("O: examples/python-backend decides who comes in and where, and hears of it, without any library", withPython, async (t) => {
  const secret = "a plain secret of some length";
  const { port, line } = await run(t, python.path, "python-backend/backend.py", { ...python.env, OPENLINE_WEBHOOK_SECRET: secret });
  const server = await startServer(t, {
    ask: { url: `http://127.0.0.1:${port}/ask`, secret },
    webhook: { url: `http://127.0.0.1:${port}/events`, secret },
  });
  const stranger = await openClient(`ws://localhost:${server.port}/hub`);
  stranger.send({ type: "connect", ref: 0, version: 1, token: "nobody" });
  assert.equal((await stranger.ended).code, 4403);
  const ada = await openClient(`ws://localhost:${server.port}/hub`);
  ada.send({ type: "connect", ref: 0, version: 1, token: "token-of-ada" });
  assert.equal((await ada.next("connected"))["user"], "Ada");
  ada.send({ type: "join", ref: 1, room: "private:Bo" });
  assert.equal((await ada.next("error"))["message"], "this room is not yours");
  ada.send({ type: "join", ref: 2, room: "private:Ada" });
  await ada.next("joined");
  assert.equal(await line(/^event join/), "event join Ada private:Ada");
  const forged = await ask(port, "/ask", { method: "POST", body: '{"type":"join","room":"x"}' });
  assert.equal(forged.status, 401);
});

const docs = readFileSync(join(root, "docs/webhooks.md"), "utf8");
const codeOf = (language: string): string => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(docs)?.[1] ?? assert.fail(language);
const secret = "a plain secret of some length";
const body = '{"events":["你好"]}';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "openline-docs-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("the JavaScript of docs/webhooks.md accepts what is ours and nothing else", async (t) => {
  const file = join(folder(t), "verify.mjs");
  writeFileSync(file, codeOf("js"));
  const { isOurs } = await import(pathToFileURL(file).href);
  const now = Math.floor(Date.now() / 1000);
  const fields = (timestamp: number): Record<string, string> => signatureFields(secret, { id: "e1", timestamp, body });
  assert.equal(isOurs(fields(now), body, secret), true);
  assert.equal(isOurs(fields(now), Buffer.from(body), secret), true);
  assert.equal(isOurs(fields(now - 301), body, secret), false);
  assert.equal(isOurs(fields(now), `${body} `, secret), false);
  assert.equal(isOurs(fields(now), body, `${secret}x`), false);
  assert.equal(isOurs({}, body, secret), false);
});

test("the Python of docs/webhooks.md accepts what is ours and nothing else", withPython, (t) => {
  const file = join(folder(t), "verify.py");
  const now = Math.floor(Date.now() / 1000);
  const fields = JSON.stringify(signatureFields(secret, { id: "e1", timestamp: now, body }));
  const old = JSON.stringify(signatureFields(secret, { id: "e1", timestamp: now - 301, body }));
  const call = (headers: string, text: string): string =>
    `print(is_ours(${headers}, ${JSON.stringify(text)}.encode(), ${JSON.stringify(secret)}))`;
  writeFileSync(file, [codeOf("py"), call(fields, body), call(fields, `${body} `), call(old, body), call("{}", body)].join("\n"));
  const { stdout } = spawnSync(python.path, [file], { encoding: "utf8", env: { ...process.env, ...python.env } });
  assert.deepEqual(stdout.trim().split("\n"), ["True", "False", "False", "False"]);
});
