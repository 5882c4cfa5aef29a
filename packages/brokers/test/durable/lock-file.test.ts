import assert from "node:assert/strict";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LockFile } from "../../src/durable/lock-file.ts";
import { scratch } from "../support/scratch.ts";

test("one at a time: the second taker is told which process holds the lock and where, and may have it after the release", (t) => {
  const path = join(scratch(t), "lock");
  const lock = LockFile.take(path);
  assert.throws(() => LockFile.take(path), { code: "in-use", message: new RegExp(`in use by process ${process.pid} \\(.*lock\\)`) });
  lock.release();
  assert.equal(existsSync(path), false);
  LockFile.take(path).release();
});

/** What this process writes, with something changed. */
function holderWith(path: string, change: object): string {
  const lock = LockFile.take(path);
  const holder: unknown = JSON.parse(readFileSync(path, "utf8"));
  lock.release();
  return JSON.stringify(Object.assign({}, holder, change));
}

for (const [what, change] of [
  ["is gone", { pid: 2 ** 30 }],
  ["had the pid of this one before", { began: "1" }],
] as const) {
  test(`the lock of a process that ${what} is taken over at once`, (t) => {
    const path = join(scratch(t), "lock");
    writeFileSync(path, holderWith(path, change));
    LockFile.take(path).release();
    assert.equal(existsSync(path), false);
  });
}

for (const [what, content] of [
  ["names another host", JSON.stringify({ pid: 1, began: "1", place: "elsewhere pid:[1]" })],
  ["names nobody", ""],
] as const) {
  test(`a lock that ${what} is believed as long as somebody touches it, and for 15 s longer`, (t) => {
    const path = join(scratch(t), "lock");
    writeFileSync(path, content);
    const touched = (secondsAgo: number): void => utimesSync(path, Date.now() / 1000, Date.now() / 1000 - secondsAgo);
    touched(12);
    assert.throws(() => LockFile.take(path), { code: "in-use" });
    touched(16);
    LockFile.take(path).release();
  });
}

test("a release leaves alone what another process has written since", (t) => {
  const path = join(scratch(t), "lock");
  const lock = LockFile.take(path);
  writeFileSync(path, "of another");
  lock.release();
  assert.equal(readFileSync(path, "utf8"), "of another");
});
