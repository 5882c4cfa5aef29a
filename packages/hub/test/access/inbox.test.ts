import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { ClientMessage } from "@openline/wire";
import { Inbox } from "../../src/access/inbox.ts";

const ping = (ref: number): ClientMessage => ({ type: "ping", ref });

test("messages wait for the one before them, whether it takes its time or not, and keep their order", async () => {
  const done: (number | undefined)[] = [];
  const inbox = new Inbox((message) => {
    const finish = (): void => void done.push(message.ref);
    if ((message.ref ?? 0) % 2 === 0) return settle().then(finish);
    finish();
    return undefined;
  }, 1000);
  for (let ref = 1; ref <= 6; ref++) assert.ok(inbox.add(ping(ref), 10));
  let isEmpty = false;
  await inbox.drain(settle(), () => (isEmpty = true));
  assert.ok(isEmpty);
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6]);
});

test("more bytes than the limit do not wait, but a single message always may", () => {
  const inbox = new Inbox(() => undefined, 100);
  assert.ok(inbox.add(ping(1), 500));
  assert.ok(!inbox.add(ping(2), 1));
});

test("what waits at the end is let go of, and a fault of a handler is its drainer's", async () => {
  let count = 0;
  const inbox = new Inbox(() => {
    count++;
    return undefined;
  }, 100);
  inbox.add(ping(1), 1);
  inbox.close();
  await inbox.drain(Promise.resolve(), () => undefined);
  assert.equal(count, 0);
  const broken = new Inbox(() => Promise.reject(new Error("broken")), 100);
  broken.add(ping(1), 1);
  await assert.rejects(
    broken.drain(Promise.resolve(), () => undefined),
    /broken/,
  );
});
