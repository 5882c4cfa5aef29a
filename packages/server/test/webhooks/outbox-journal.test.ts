import assert from "node:assert/strict";
import fs, { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Outbox, type OutboxChange } from "../../src/webhooks/outbox.ts";
import { OutboxJournal } from "../../src/webhooks/outbox-journal.ts";

const limits = { events: 10_000, bytes: 10_000_000, deadLetters: 100 };

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-outbox-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "webhooks.jsonl");
}

function open(path: string): { outbox: Outbox; journal: OutboxJournal; change: (change: OutboxChange) => void; faults: unknown[] } {
  const outbox = new Outbox(limits);
  const faults: unknown[] = [];
  const journal = new OutboxJournal(path, outbox, (error) => void faults.push(error));
  const change = (one: OutboxChange): void => {
    outbox.apply(one);
    journal.write(one);
  };
  return { outbox, journal, change, faults };
}

const idsOf = (outbox: Outbox): string[] => outbox.batch(100, 1_000_000).map(({ id }) => id);
const add = (id: string, text = "{}"): OutboxChange => ({ do: "add", id, text });

test("what waited and what was given up is there again after the process is gone", (t) => {
  const path = fileFor(t);
  const first = open(path);
  for (const id of ["a", "b", "你"]) first.change(add(id));
  first.change({ do: "done", count: 1 });
  first.change({ do: "dead", count: 1, reason: "503", time: 7 });
  first.journal.flush();
  const { outbox, journal } = open(path);
  assert.deepEqual([idsOf(outbox), outbox.deadLetters], [["你"], [{ event: {}, reason: "503", failedAt: 7 }]]);
  journal.close();
  first.journal.close();
});

test("changes of one turn are one write, in the turn after", async (t) => {
  const path = fileFor(t);
  const { change, journal } = open(path);
  change(add("a"));
  change(add("b"));
  assert.equal(readFileSync(path, "utf8"), "");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  journal.close();
});

test("a last line that was cut short is dropped, and what follows stands on a line of its own", (t) => {
  const path = fileFor(t);
  const { change, journal } = open(path);
  change(add("a"));
  journal.close();
  appendFileSync(path, '{"do":"add","id":"b","te');
  const second = open(path);
  second.change(add("c"));
  second.journal.close();
  assert.deepEqual(idsOf(open(path).outbox), ["a", "c"]);
});

test("a file that is no journal is left alone, and the error names it", (t) => {
  const path = fileFor(t);
  for (const content of ["hello\n", '{"do":"dance"}\n', "null\n"]) {
    writeFileSync(path, content);
    assert.throws(
      () => open(path),
      (error: Error) => error.message.includes(path),
    );
    assert.equal(readFileSync(path, "utf8"), content);
  }
});

test("a journal that grew is written anew and means the same; only its owner can read it", (t) => {
  const path = fileFor(t);
  const { change, journal, outbox } = open(path);
  change(add("first"));
  for (let index = 0; index < 30; index++) {
    change(add(`e${index}`, JSON.stringify("x".repeat(60_000))));
    change({ do: "done", count: 1 });
    journal.flush();
  }
  assert.ok(statSync(path).size < 1_100_000, `${statSync(path).size} bytes`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  journal.close();
  assert.deepEqual(idsOf(open(path).outbox), idsOf(outbox));
});

test("what a full disk did not take is written with the next change, without waiting for the end", async (t) => {
  const path = fileFor(t);
  const { change, faults, journal } = open(path);
  const full = t.mock.method(fs, "writeSync", () => {
    throw new Error("ENOSPC: no space left on device");
  });
  syncBuiltinESMExports();
  change(add("a"));
  await new Promise((resolve) => setImmediate(resolve));
  full.mock.restore();
  syncBuiltinESMExports();
  assert.equal(faults.length, 1);
  change(add("b"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  journal.close();
});
