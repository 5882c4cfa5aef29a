import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { checkHistory, type Observation } from "@openline/hub/testing";
import { run } from "../src/program.ts";
import { hubServer } from "./verify/hub-server.ts";
import { quietTerminal } from "./verify/quiet-terminal.ts";

const quick = ["--seed", "7", "--clients", "6", "--rooms", "2", "--duration", "1s"];

test("a server that keeps the contract: exit code 0, what was tried, the seed, and how to do it again", async (t) => {
  const url = await hubServer(t);
  const terminal = quietTerminal();
  assert.equal(await run(["verify", "--url", url, ...quick], terminal), 0, terminal.said.err);
  assert.match(terminal.said.out, /^The contract held\./);
  assert.match(terminal.said.out, /\d+ {2}publishes acknowledged as stored/);
  assert.match(terminal.said.out, /\d+ {2}came back with recovered: true/);
  assert.match(terminal.said.out, /Seed 7\. The same again: openline verify --url ws:\S+ --seed 7 --clients 6 --rooms 2 --duration 1s/);
  assert.equal(terminal.said.err, "");
});

test("a server that loses one message in two hundred: exit code 1, the kind, the client, and what it saw", async (t) => {
  let count = 0;
  const url = await hubServer(t, (text) => (text.startsWith('{"type":"message"') && ++count % 200 === 0 ? undefined : text));
  const terminal = quietTerminal();
  assert.equal(await run(["verify", "--url", url, ...quick], terminal), 1, terminal.said.err);
  assert.match(terminal.said.out, /^The contract was violated\./);
  assert.match(terminal.said.out, /\d+ violations: .*loss × \d+/);
  assert.match(
    terminal.said.out,
    // By the message behind it, or by what was stored, where it was a room's last one.
    /loss: a message was left out, and the client was told nothing\n {2}c\d in verify-7-\S+: \S+ (?:came after \S+, but follows|was stored at \S+ while this client was in the room, and never came)/,
  );
  assert.match(terminal.said.out, /Seed 7/);
});

test("a server that says recovered: true to everybody is found out, also as JSON, and what was observed can be judged again", async (t) => {
  const url = await hubServer(t, (text) => (text.includes('"recovered":true') ? text.replace(/"replay":\d+/, '"replay":0') : text));
  const folder = mkdtempSync(join(tmpdir(), "openline-verify-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "observations.jsonl");
  const terminal = quietTerminal();
  assert.equal(await run(["verify", "--url", url, ...quick, "--json", "--save", file], terminal), 1, terminal.said.err);
  const verdict = JSON.parse(terminal.said.out) as { held: boolean; seed: number; violations: { kind: string; context: string[] }[] };
  assert.deepEqual([verdict.held, verdict.seed], [false, 7]);
  assert.ok(verdict.violations.some(({ kind }) => kind === "false-recovered"));
  assert.ok((verdict.violations[0]?.context.length ?? 0) > 1);
  const saved = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.equal(checkHistory(saved.map((line) => JSON.parse(line) as Observation)).isHeld, false);
});

test("on a terminal one line says how far it is, and is gone in the end", async (t) => {
  const terminal = quietTerminal(true);
  assert.equal(await run(["verify", "--url", await hubServer(t), ...quick], terminal), 0);
  assert.match(terminal.said.err, /0 of 1 s {3}[\d,]+ stored/);
  assert.ok(terminal.said.err.endsWith("\u001b[2K"));
});

test("the first Ctrl-C ends a long run, and it is judged", async (t) => {
  const terminal = quietTerminal();
  const url = await hubServer(t);
  const ended = run(["verify", "--url", url, ...quick, "--duration", "1h"], terminal);
  await delay(1_000);
  const from = performance.now();
  process.emit("SIGINT");
  assert.equal(await ended, 0);
  assert.ok(performance.now() - from < 30_000);
  assert.match(terminal.said.out, /^The contract held\./);
  assert.equal(process.listenerCount("SIGINT"), 0);
});

test("what cannot be verified is one clear line and exit code 3", async () => {
  for (const more of [[], ["--broker", "redis://127.0.0.1:1"]]) {
    const terminal = quietTerminal();
    assert.equal(await run(["verify", "--url", "ws://127.0.0.1:1", "--duration", "1s", ...more], terminal), 3);
    assert.match(terminal.said.err, /^openline: could not verify: .*127\.0\.0\.1:1.*ECONNREFUSED.*\n$/);
    assert.equal(terminal.said.out, "");
  }
});

test("a server that refuses the clients is named with its reason", async (t) => {
  const url = await hubServer(t, (text) =>
    text.replace(/^\{"type":"joined","ref":(\d+).*$/, '{"type":"error","ref":$1,"code":"forbidden","message":"members only"}'),
  );
  const terminal = quietTerminal();
  assert.equal(await run(["verify", "--url", url, ...quick], terminal), 3);
  assert.match(terminal.said.err, /refuses the join of verify-7-\S+ with forbidden: members only/);
});
