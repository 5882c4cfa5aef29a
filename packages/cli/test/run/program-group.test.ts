import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AccessLog } from "../../src/run/access-log.ts";
import { ForkCap } from "../../src/run/fork-cap.ts";
import type { OutgoingLine } from "../../src/run/outgoing-line.ts";
import { type GroupRules, type Member, ProgramGroup } from "../../src/run/program-group.ts";
import { settingsOf, until } from "./run-fixture.ts";

/** A member that keeps what it gets, and reads as fast as `isSlow` says. */
class Listener implements Member {
  readonly room: string = "/";
  readonly remote = "::1";
  readonly target = "/";
  readonly subprotocol = "";
  readonly fields = {};
  readonly lines: string[] = [];
  readonly id: string;
  isSlow = false;
  holds = 0;
  closed: readonly [code: number, reason: string] | undefined;

  constructor(id: string) {
    this.id = id;
  }

  send(line: OutgoingLine): boolean {
    this.lines.push(line.data.toString());
    return !this.isSlow;
  }

  close(code: number, reason: string): void {
    this.closed ??= [code, reason];
  }

  hold(): void {
    this.holds++;
  }

  release(): void {
    this.holds--;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Made {
  readonly group: ProgramGroup;
  readonly log: () => string;
  readonly forks: ForkCap;
  readonly retired: () => number;
}

function groupOf(t: TestContext, lines: string, rules: Partial<GroupRules> = {}, lingerMs: number | undefined = 0): Made {
  let text = "";
  let retired = 0;
  const log = new AccessLog({ level: "debug", format: "text", sink: { write: (line) => (text += line) } });
  const forks = new ForkCap(10);
  const group = new ProgramGroup({
    start: { file: "/bin/sh", args: ["-c", lines], env: { PATH: process.env["PATH"] ?? "" } },
    rules: { ...settingsOf({}), ...rules },
    forks,
    log,
    lingerMs,
    onRetired: () => retired++,
  });
  t.after(async () => {
    const over = group.drain();
    group.kill();
    await over;
  });
  return { group, log: () => text, forks, retired: () => retired };
}

function join(group: ProgramGroup, ...ids: string[]): Listener[] {
  return ids.map((id) => {
    const member = new Listener(id);
    group.join(member);
    return member;
  });
}

test("everybody gets every line, everybody's lines are its input, and a good end is 1000", async (t) => {
  const { group, forks } = groupOf(t, "read a; read b; echo $a $b");
  const [one, two] = join(group, "1", "2");
  group.received(one!, Buffer.from("from one"), false);
  group.received(two!, Buffer.from("from two"), false);
  await group.over;
  assert.deepEqual([one?.lines, two?.lines], [["from one from two"], ["from one from two"]]);
  assert.deepEqual(
    [one?.closed, two?.closed],
    [
      [1000, "the program has ended"],
      [1000, "the program has ended"],
    ],
  );
  assert.equal(forks.count, 0);
});

test("who comes later gets the last lines first; private and room messages are not among them", async (t) => {
  const { group } = groupOf(t, "for i in 1 2 3 4; do echo $i; done; read x", { replay: 2 }, undefined);
  const [first] = join(group, "1");
  await until(() => first?.lines.length === 4);
  const late = new Listener("2");
  // All of them, however slow it is.
  late.isSlow = true;
  group.join(late);
  assert.deepEqual(late.lines, ["3", "4"]);
});

test("the envelope: one process answers one client, closes another, and is told who came, spoke and went", async (t) => {
  const program = `
    read open1; read open2; read message
    echo "told $open1"; echo no order
    echo '{"connection":"b","data":"for b"}'; echo '{"except":"b","data":{"n":1}}'; echo '{"room":"/none","data":"nobody"}'
    echo '{"event":"close","connection":"a","code":4001,"reason":"go"}'
    read close; echo "told $close"`;
  const { group, log } = groupOf(t, program, { envelope: true });
  const [a, b] = join(group, "a", "b");
  group.received(a!, Buffer.from("hi"), false);
  await until(() => a?.closed !== undefined);
  assert.deepEqual(a?.closed, [4001, "go"]);
  group.left(a!, 4001, "go");
  await group.over;
  assert.deepEqual(a?.lines, ['{"n":1}']);
  assert.deepEqual(b?.lines, ["for b"]);
  assert.match(log(), /line of JSON.*: told \{"event":"open","connection":"a"/);
  assert.match(log(), /line of JSON.*: no order/);
  assert.match(log(), /line of JSON.*: told \{"event":"close","connection":"a","room":"\/","code":4001/);
});

test("R26: a fast program and a slow reader stay bounded: the program stands still until the reader has caught up", async (t) => {
  const { group } = groupOf(t, "yes 0123456789", {}, 0);
  const slow = new Listener("slow");
  slow.isSlow = true;
  group.join(slow);
  await until(() => slow.lines.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = slow.lines.length;
  // Nothing after the one chunk that was under way.
  assert.ok(before <= 65_536 / 11 + 1, String(before));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(slow.lines.length, before);
  slow.isSlow = false;
  group.drained(slow);
  await until(() => slow.lines.length > before);
});

test("R26: a shared process waits for its slowest reader for slow-ms, then that one is closed with 1013 and the others go on", async (t) => {
  const { group, log } = groupOf(t, "yes 0123456789", { slowMs: 100 });
  const slow = new Listener("slow");
  slow.isSlow = true;
  const [quick] = join(group, "quick");
  group.join(slow);
  await until(() => slow.closed !== undefined);
  assert.deepEqual(slow.closed, [1013, "too slow"]);
  const before = quick!.lines.length;
  await until(() => quick!.lines.length > before);
  assert.match(log(), /did not read for 100 ms/);
});

test("R26: a slow program and a fast sender stay bounded: the sender is held until the program takes more, and nothing is lost", async (t) => {
  const { group } = groupOf(t, "sleep 0.4; wc -l", {}, undefined);
  const [fast] = join(group, "fast");
  let sent = 0;
  while (fast!.holds === 0) {
    group.received(fast!, Buffer.alloc(999, "x"), false);
    sent++;
  }
  assert.ok(sent < 300, String(sent));
  await until(() => fast!.holds === 0);
  void group.drain();
  await group.over;
  assert.equal(Number(fast!.lines[0]), sent);
});

test("a program that ends is started again after a wait; its members stay, and what they said meanwhile is its input", async (t) => {
  const { group, log } = groupOf(t, 'read line; echo "$$ $line"', { restart: "always", restartMs: 50 }, undefined);
  const [one, two] = join(group, "1", "2");
  group.received(one!, Buffer.from("first"), false);
  await until(() => one!.lines.length === 1 && /started again in 50 ms/.test(log()));
  group.received(two!, Buffer.from("second"), false);
  await until(() => one!.lines.length === 2);
  const [[first, a], [second, b]] = one!.lines.map((line) => line.split(" ")) as [string[], string[]];
  assert.deepEqual([a, b], ["first", "second"]);
  assert.notEqual(first, second);
  assert.deepEqual([one?.closed, two?.closed, two?.holds], [undefined, undefined, 0]);
});

test("what is said to a program that has ended, while what it left behind still holds its output, is the next one's input", {
  timeout: 20_000,
}, async (t) => {
  const { group } = groupOf(
    t,
    'read line; echo "$$ $line"; (trap "" INT; sleep 0.3) & exit 0',
    { restart: "always", restartMs: 20 },
    undefined,
  );
  const [one] = join(group, "1");
  group.received(one!, Buffer.from("first"), false);
  await until(() => one!.lines.length === 1);
  const pid = Number(one?.lines[0]?.split(" ")[0]);
  await until(() => !isAlive(pid));
  group.received(one!, Buffer.from("second"), false);
  assert.equal(one?.holds, 1);
  await until(() => one?.lines.length === 2);
  assert.match(one?.lines[1] ?? "", / second$/);
});

test("on-failure: exit code 3 starts it again, exit code 0 ends it for good", async (t) => {
  const { group } = groupOf(t, 'read line; exit "$line"', { restart: "on-failure", restartMs: 10 }, undefined);
  const [one] = join(group, "1");
  group.received(one!, Buffer.from("3"), false);
  group.received(one!, Buffer.from("0"), false);
  // The second line may have gone to the first process: then it is said again.
  const again = setInterval(() => group.received(one!, Buffer.from("0"), false), 50);
  await group.over;
  clearInterval(again);
  assert.deepEqual(one?.closed, [1000, "the program has ended"]);
});

const faults: readonly [what: string, lines: string, rules: Partial<GroupRules>, closed: readonly [number, string]][] = [
  ["a line over the cap", "yes | tr -d '\\n'", { maxLineBytes: 100_000 }, [1011, "a line of the program is longer than 100000 bytes"]],
  [
    "no UTF-8, where that closes",
    "printf 'a\\377\\n'; sleep 10",
    { invalidUtf8: "close" },
    [1007, "the program wrote a line that is no UTF-8"],
  ],
];
for (const [what, lines, rules, closed] of faults) {
  test(`R26: ${what} ends the program, and everybody is told why`, { timeout: 20_000 }, async (t) => {
    const { group } = groupOf(t, lines, { restart: "always", ...rules });
    const [one] = join(group, "1");
    await group.over;
    assert.deepEqual(one?.closed, closed);
  });
}

test("R26: lines over the rate have to wait", async (t) => {
  const { group } = groupOf(t, "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.02; done; read x", { maxLineRate: 4 });
  const from = performance.now();
  const [one] = join(group, "1");
  await until(() => one?.lines.length === 8);
  // Four at once, the others at four in a second; the last of a pipe's content may come a little before its time.
  assert.ok(performance.now() - from > 600);
});

test("a binary message is refused with 1003 where lines are spoken (H)", (t) => {
  const { group } = groupOf(t, "cat");
  const [one] = join(group, "1");
  group.received(one!, Buffer.from("x"), true);
  assert.equal(one?.closed?.[0], 1003);
});

test("--passstderr: both streams reach the client, and the log has the error lines all the same", async (t) => {
  const { group, log } = groupOf(t, "echo out; sleep 0.05; echo fault >&2", { passStderr: true });
  const [one] = join(group, "1");
  await group.over;
  assert.deepEqual(one?.lines, ['{"stream":"stdout","data":"out"}', '{"stream":"stderr","data":"fault"}']);
  assert.match(log(), /ERROR .*stderr .*\| fault/);
});

test("a line of standard error of 300,000 bytes blocks nothing, and comes to the log in pieces", async (t) => {
  const { group, log } = groupOf(t, "head -c 300000 /dev/zero | tr '\\0' e >&2; echo done");
  const [one] = join(group, "1");
  await group.over;
  assert.deepEqual(one?.lines, ["done"]);
  assert.equal(
    log()
      .match(/e{1000,}/g)
      ?.join("").length,
    300_000,
  );
});

test("a room's process lives on for the linger time, and somebody who comes meanwhile finds it", async (t) => {
  const { group, retired } = groupOf(t, "while read line; do echo $$; done", {}, 150);
  const [one] = join(group, "1");
  group.left(one!, 1000, "");
  const [two] = join(group, "2");
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(retired(), 0);
  group.left(two!, 1000, "");
  await group.over;
  assert.equal(retired(), 1);
});

test("R8: a drain lets the program say its last words, then tells everybody 1001", async (t) => {
  const { group } = groupOf(t, "cat; echo bye", { restart: "always", closeMs: 10_000 }, undefined);
  const [one] = join(group, "1");
  await group.drain();
  assert.deepEqual([one?.lines, one?.closed], [["bye"], [1001, "the server is going away"]]);
});

test("R26: over the cap there is no program, and the client is told 1013", async (t) => {
  const { group, forks } = groupOf(t, "cat");
  while (forks.take());
  const [one] = join(group, "1");
  await group.over;
  assert.deepEqual(one?.closed, [1013, "too many programs run"]);
});
