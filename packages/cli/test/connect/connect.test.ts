import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serverOf } from "./line-fixture.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Runs the binary with this input in a pipe. */
async function connect(t: TestContext, args: readonly string[], input = ""): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [main, "connect", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

test("a pipe: each line is a message, each message a line, and quiet ends it with 0", { timeout: 30_000 }, async (t) => {
  const { url } = await serverOf(t, (socket) => socket.on("message", (data) => socket.send(`got ${String(data)}`)));
  assert.deepEqual(await connect(t, [url, "--quiet-ms", "300"], "one\n你好\nlast without newline"), {
    code: 0,
    out: "got one\ngot 你好\ngot last without newline\n",
    err: "",
  });
});

test("--listen and --count: a line of JSON for each thing that happens", { timeout: 30_000 }, async (t) => {
  const { url } = await serverOf(t, (socket) => void [socket.send("one"), socket.send(Buffer.from([255])), socket.send("more")]);
  const { code, out } = await connect(t, [url, "--listen", "--count", "2"]);
  const events = out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { event: string }).event);
  assert.deepEqual([code, events.slice(0, 3)], [0, ["open", "message", "message"]]);
});

const ends: readonly [what: string, code: number, closing: number | undefined][] = [
  ["the server closes with 1008", 4, 1008],
  ["the line breaks", 5, undefined],
];
for (const [what, code, closing] of ends) {
  test(`${what}: exit code ${code}, and why`, { timeout: 30_000 }, async (t) => {
    const { url } = await serverOf(t, (socket) => (closing === undefined ? socket.terminate() : socket.close(closing, "not you")));
    const ended = await connect(t, [url, "--for", "20000"]);
    assert.deepEqual([ended.code, ended.out], [code, ""]);
    assert.match(ended.err, closing === undefined ? /^openline: closed with 1006/ : /^openline: closed with 1008: .* \(not you\)\n$/);
  });
}

test("nobody there is 1, a refusal 3, a wrong call 2: one line each, no stack", { timeout: 30_000 }, async (t) => {
  const { url } = await serverOf(t, () => {}, { verifyClient: () => false });
  const cases = [
    [["ws://127.0.0.1:1/"], 1, /nobody listens/],
    [[url], 3, /401 Unauthorized/],
    [["gopher://x"], 2, /no address/],
    [[], 2, /missing required argument/],
    [["ws://x/", "--subprotocol", "a b"], 2, /subprotocol/],
    [["ws://x/", "--fraems"], 2, /Did you mean --frames/],
  ] as const;
  for (const [args, code, message] of cases) {
    const ended = await connect(t, args);
    assert.equal(ended.code, code, ended.err);
    assert.match(ended.err, message);
    assert.equal(ended.err.trimEnd().split("\n").length, 1, ended.err);
  }
});
