import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ChildProgram, type ProgramOutcome } from "../../src/run/child-program.ts";
import { until } from "./run-fixture.ts";

interface Running {
  readonly program: ChildProgram;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<ProgramOutcome>;
}

function run(t: TestContext, file: string, args: readonly string[], closeMs = 0): Running {
  let out = "";
  let err = "";
  let settle: (outcome: ProgramOutcome) => void;
  const ended = new Promise<ProgramOutcome>((resolve) => (settle = resolve));
  const events = {
    stdout: (chunk: Buffer) => void (out += chunk.toString()),
    stderr: (chunk: Buffer) => void (err += chunk.toString()),
    writable: () => {},
    ended: (outcome: ProgramOutcome) => settle(outcome),
  };
  const program = new ChildProgram({ file, args, env: { PATH: process.env["PATH"] ?? "" } }, events, closeMs);
  t.after(() => program.kill());
  return { program, out: () => out, err: () => err, ended };
}

const sh = (t: TestContext, lines: string, closeMs = 0): Running => run(t, "/bin/sh", ["-c", lines], closeMs);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("input and both outputs pass, and the outcome comes after all of it", async (t) => {
  const { program, out, err, ended } = sh(t, "read line; echo got $line; echo fault >&2; exit 3");
  program.write(Buffer.from("hello\n"));
  assert.deepEqual(await ended, { code: 3, signal: undefined, error: undefined });
  assert.deepEqual([out(), err()], ["got hello\n", "fault\n"]);
});

test("what cannot be started ends with an error, and writing to it harms nobody", async (t) => {
  const { program, ended } = run(t, "/nowhere/program", []);
  program.write(Buffer.from("x"));
  program.end();
  const { code, error } = await ended;
  assert.equal(code, undefined);
  assert.match(error?.message ?? "", /ENOENT/);
});

test("R26: a program that hears nothing is ended by SIGKILL, and all that it started with it", { timeout: 20_000 }, async (t) => {
  const { program, out, ended } = sh(t, `trap "" INT TERM; (trap "" INT TERM; echo $$; sleep 1000) & echo $!; wait; sleep 1000`);
  await until(() => out().split("\n").length > 2);
  const children = out().split("\n").filter(Boolean).map(Number);
  const from = performance.now();
  program.end();
  assert.equal((await ended).signal, "SIGKILL");
  assert.ok(performance.now() - from >= 840, `after ${performance.now() - from} ms`);
  await until(() => children.every((pid) => !isAlive(pid)));
});

/** The waits leave a busy machine time to let the program do it before the next step. */
const steps: readonly [hears: string, lines: string, closeMs: number, least: number][] = [
  ["the end of input", "cat >/dev/null; exit 0", 20_000, 0],
  ["SIGINT", `trap "exit 0" INT; trap "" TERM; while :; do sleep 0.02; done`, 1_000, 1_100],
  ["SIGTERM", `trap "" INT; trap "exit 0" TERM; while :; do sleep 0.02; done`, 1_500, 3_350],
];
for (const [hears, lines, closeMs, least] of steps) {
  test(`R26: a program that hears ${hears} ends by itself, with --closems=${closeMs} not before ${least} ms`, {
    timeout: 30_000,
  }, async (t) => {
    const { program, out, ended } = sh(t, `echo ready; ${lines}`, closeMs);
    await until(() => out() !== "");
    const from = performance.now();
    program.end();
    assert.equal((await ended).code, 0);
    assert.ok(performance.now() - from >= least - 10);
  });
}

test("R26: what a program left behind when it ended does not outlive it, nor hold its end up", { timeout: 20_000 }, async (t) => {
  const { out, ended } = sh(t, "sleep 1000 & echo $!; exit 0");
  assert.equal((await ended).code, 0);
  await until(() => !isAlive(Number(out())));
});

test("a program that closes its output has said all, and is ended", { timeout: 20_000 }, async (t) => {
  const { ended } = sh(t, "exec >&- 2>&-; sleep 1000");
  assert.ok((await ended).signal !== undefined);
});

test("R26: output that is paused makes the program stand still", async (t) => {
  const { program, out } = sh(t, "yes");
  program.pauseOutput(true);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = out().length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(out().length, before);
  program.resumeOutput();
  await until(() => out().length > before);
});

test("R26: input that is not taken is refused at the pipe's size, kept, and taken later", async (t) => {
  const { program, out, ended } = sh(t, "sleep 0.5; wc -c");
  const chunk = Buffer.alloc(1000, "x");
  let count = 0;
  while (program.write(chunk)) count++;
  assert.ok(count * 1000 < 300_000, String(count));
  assert.ok(program.waitingBytes > 0);
  program.closeInput();
  await ended;
  assert.equal(Number(out()), (count + 1) * 1000);
});
