import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createServer } from "@openline/server";
import { WebSocketServer } from "@openline/ws";
import { start } from "../binary-fixture.ts";
import { call } from "../call.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A server whose `answer` decides what becomes of a message; by default it goes back. */
async function echoServer(t: TestContext, answer: (send: () => void) => void = (send) => send()): Promise<string> {
  const server = new WebSocketServer({ port: 0 });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => answer(() => socket.send(data, { binary: isBinary }))));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const address = server.address();
  return `ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
}

async function hub(t: TestContext): Promise<string> {
  const server = createServer({ port: 0, logLevel: "silent" });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  return `http://localhost:${port}/`;
}

interface Json {
  readonly sent: number;
  readonly received: number;
  readonly late: number;
  readonly wrong: number;
  readonly opened: number;
  readonly open: number;
  readonly failures: Record<string, number>;
  readonly latencyMs: { readonly count: number; readonly p50: number; readonly p90: number; readonly p99: number };
}

/** Runs the real binary; whether the machine was quiet enough for a verdict is not this test's matter. */
async function bench(t: TestContext, ...words: string[]): Promise<Json> {
  const { ended, out, err } = start(t, ["bench", ...words, "--json"]);
  const code = await ended;
  assert.ok(code === 0 || code === 3, `${code}: ${err()}${out()}`);
  return JSON.parse(out());
}

test("echo with a rate and several drivers: as many as the rate says, every answer right", async (t) => {
  const { sent, received, late, wrong, latencyMs } = await bench(
    t,
    await echoServer(t),
    "--connections",
    "10",
    "--rate",
    "200",
    "--duration",
    "2s",
    "--drivers",
    "2",
  );
  assert.ok(sent >= 300 && sent <= 410, `${sent} sent`);
  assert.deepEqual([received + late, latencyMs.count], [sent, sent]);
  assert.equal(wrong, 0);
});

test("on a hub: each connection hears itself alone, a room's fan-out reaches all", async (t) => {
  const url = await hub(t);
  const echo = await bench(t, url, "--room", "load", "--connections", "5", "--duration", "1s");
  assert.ok(echo.received > 5 && echo.wrong === 0, JSON.stringify(echo));
  const fanOut = await bench(
    t,
    url,
    "--room",
    "load",
    "--scenario",
    "fan-out",
    "--connections",
    "20",
    "--rate",
    "20",
    "--duration",
    "2s",
    "--drivers",
    "2",
  );
  assert.ok(fanOut.received <= fanOut.sent * 20 && fanOut.latencyMs.count === fanOut.sent * 20, `${fanOut.received} for ${fanOut.sent}`);
  assert.equal(fanOut.wrong, 0);
});

for (const [scenario, atLeast] of [
  ["handshakes", 10],
  ["jitter", 3],
  ["avalanche", 20],
] as const)
  test(`${scenario}: connections are opened again, and how long that took is counted`, async (t) => {
    const { latencyMs, failures } = await bench(t, await echoServer(t), "--scenario", scenario, "--connections", "20", "--duration", "3s");
    assert.ok(latencyMs.count >= atLeast, `${latencyMs.count}`);
    assert.deepEqual(failures, {});
  });

test("idle connections last, and slow readers slow nobody down for good", async (t) => {
  const url = await hub(t);
  const idle = await bench(t, url, "--room", "load", "--scenario", "idle", "--connections", "20", "--duration", "1s");
  assert.deepEqual([idle.opened, idle.open], [20, 20]);
  const slow = await bench(
    t,
    url,
    "--room",
    "load",
    "--scenario",
    "slow-readers",
    "--slow-share",
    "0.5",
    "--connections",
    "10",
    "--rate",
    "50",
    "--duration",
    "2s",
  );
  assert.ok(slow.received > slow.sent * 4 && slow.wrong === 0, `${slow.received} for ${slow.sent}`);
});

test("a server that refuses is exit 1 with its reasons; flags that cannot be used exit 2", async () => {
  const refused = await call(["bench", "ws://127.0.0.1:9/", "--connections", "2", "--duration", "1s"]);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /failures\n {4}2 times: ECONNREFUSED/);
  const wrong = await call(["bench", "localhost"]);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
});

test("two servers by turns, with a report", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-bench-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const report = join(folder, "report.html");
  const [first, second] = [await echoServer(t), await echoServer(t)];
  const { out } = await call([
    "bench",
    first,
    "--compare",
    second,
    "--rounds",
    "2",
    "--connections",
    "2",
    "--duration",
    "1s",
    "--report",
    report,
  ]);
  assert.match(out, /medians of 2 rounds each, by turns\n +first +second +ratio\n/);
  const page = readFileSync(report, "utf8");
  assert.ok(page.includes(first) && page.includes(second) && page.includes('id="rate-3"'));
});

test("R25: a pause of the server of one second shows with its length in the percentiles of all drivers together (no coordinated omission)", async (t) => {
  const held: (() => void)[] = [];
  let state: "before" | "pause" | "after" = "before";
  const url = await echoServer(t, (send) => {
    if (state === "before" && held.length === 0) {
      state = "pause";
      setTimeout(() => {
        state = "after";
        for (const each of held) each();
      }, 1_000);
    }
    if (state === "pause") held.push(send);
    else send();
  });
  const words = ["--connections", "4", "--drivers", "2", "--rate", "200", "--duration", "3s"];
  const { sent, latencyMs } = await bench(t, url, ...words);
  assert.equal(latencyMs.count, sent);
  // Of three seconds' messages those of one waited, each from when it was due: the worst tenth for 0.7 s or more, the worst hundredth for 0.97 s.
  assert.ok(latencyMs.p90 >= 600 && latencyMs.p99 >= 900, JSON.stringify(latencyMs));
});

/** Answers for a second, and then nothing more. */
async function standstill(t: TestContext): Promise<string> {
  let until = Number.POSITIVE_INFINITY;
  return await echoServer(t, (send) => {
    until = Math.min(until, performance.now() + 1_000);
    if (performance.now() < until) send();
  });
}

test("R25: a server that stands still until the end cannot hide it: what it never answered is in the latency, and named", async (t) => {
  for (const rate of [["--rate", "100"], []]) {
    const { ended, out } = start(t, ["bench", await standstill(t), "--connections", "4", "--duration", "3s", ...rate, "--json"]);
    const code = await ended;
    const { received, unanswered, latencyMs, verdict } = JSON.parse(out());
    assert.ok(received > 0 && unanswered >= 4, out());
    assert.equal(latencyMs.count, received + unanswered);
    assert.ok(latencyMs.highest > 3_000, `${latencyMs.highest}`);
    if (verdict.kind === "measured") assert.deepEqual([code, /messages were not answered/.test(verdict.faults.join())], [1, true]);
  }
});

test("R25: without file descriptors it says so and gives no verdict: where some could be opened, and where no driver could start", async (t) => {
  const url = await echoServer(t);
  const limited = async (files: number, ...words: string[]): Promise<{ code: unknown; out: string }> =>
    await new Promise((resolve) => {
      const line = `ulimit -n ${files}; exec "$0" "$@"`;
      const child = spawn("bash", ["-c", line, process.execPath, main, "bench", url, "--duration", "1s", ...words], { timeout: 60_000 });
      let out = "";
      child.stdout.on("data", (text: Buffer) => (out += String(text)));
      child.stderr.on("data", (text: Buffer) => (out += String(text)));
      child.once("close", (code, signal) => resolve({ code: code ?? signal, out }));
    });
  for (const scenario of ["echo", "handshakes"]) {
    const { code, out } = await limited(160, "--connections", "400", "--drivers", "1", "--scenario", scenario);
    assert.equal(code, 3, out);
    assert.match(out, /no verdict: what stopped this run was not the server\n[\s\S]*file descriptors: the drivers could open no more/);
  }
  const none = await limited(60, "--connections", "10");
  assert.equal(none.code, 3);
  assert.equal(
    none.out,
    "openline: no verdict: 60 files may be open, and a driver needs 128 beside its connections: raise it with ulimit -n\n",
  );
});

/** A server that says when it has heard so many messages. */
async function countingServer(t: TestContext, most: number): Promise<{ readonly url: string; readonly heard: Promise<void> }> {
  let tell: () => void = () => {};
  const heard = new Promise<void>((resolve) => (tell = resolve));
  let count = 0;
  const url = await echoServer(t, (send) => {
    send();
    if (++count === most) tell();
  });
  return { url, heard };
}

const endless = ["--connections", "2", "--duration", "10m", "--rate", "20"];

test("Ctrl-C reaches the drivers, too, as a terminal sends it to the whole group, and they go on until they are told to stop", async (t) => {
  const { url, heard } = await countingServer(t, 20);
  const child = spawn(process.execPath, [main, "bench", url, ...endless, "--json"], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (text: Buffer) => (out += String(text)));
  await heard;
  process.kill(-(child.pid ?? 0), "SIGINT");
  const [code] = await once(child, "close");
  assert.ok(code === 0 || code === 3, String(code));
  const { sent, received, late } = JSON.parse(out);
  assert.ok(sent >= 20 && received + late === sent, out);
});

test("Ctrl-C ends a run early and shows what it came to", async (t) => {
  const { url, heard } = await countingServer(t, 40);
  const { child, ended, out } = start(t, ["bench", url, ...endless]);
  await heard;
  child.kill("SIGINT");
  const code = await ended;
  assert.ok(code === 0 || code === 3, String(code));
  const [, sent = "0"] = /sent +([\d,]+), \d+ a second/.exec(out()) ?? [];
  assert.ok(Number(sent.replace(",", "")) >= 40, out());
});
