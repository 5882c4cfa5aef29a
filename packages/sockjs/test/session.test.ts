import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { encodeMessage } from "../src/frames.ts";
import type { Receiver } from "../src/receiver.ts";
import { Session } from "../src/session.ts";

class FakeReceiver implements Receiver {
  isBlocked = false;
  bufferedBytes = 0;
  readonly frames: string[] = [];
  over: "ended" | "destroyed" | undefined;
  readonly #most: number;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  send(frame: string): boolean {
    this.frames.push(frame);
    if (this.frames.length < this.#most) return true;
    this.over = "ended";
    return false;
  }

  end(): void {
    this.over = "ended";
  }

  destroy(): void {
    this.over = "destroyed";
  }
}

function begin(): { clock: FakeClock; session: Session; told: string[] } {
  const clock = new FakeClock(0);
  const told: string[] = [];
  const session = new Session(
    { clock, times: { heartbeatMs: 25_000, replyMs: 0, disconnectMs: 5_000 }, maxQueuedBytes: 1000 },
    {
      opened: () => told.push("opened"),
      messages: (messages) => told.push(...messages),
      drained: () => told.push("drained"),
      ended: ({ code }) => told.push(`ended ${code}`),
      gone: () => told.push("gone"),
    },
  );
  return { clock, session, told };
}

test("a poll takes one frame: what is written meanwhile waits for the next, which gets it in one", () => {
  const { session, told } = begin();
  const [first, second] = [new FakeReceiver(1), new FakeReceiver(1)];
  session.attach(first);
  assert.deepEqual([first.frames, first.over, told], [["o"], "ended", ["opened"]]);
  session.write(encodeMessage("a"));
  session.write(encodeMessage("b"));
  assert.equal(session.bufferedBytes, 6);
  session.attach(second);
  assert.deepEqual(second.frames, ['a["a","b"]']);
  assert.deepEqual(told, ["opened", "drained"]);
});

test("a blocked receiver gets nothing until it is ready, then all in one frame", () => {
  const { session, told } = begin();
  const stream = new FakeReceiver();
  session.attach(stream);
  stream.isBlocked = true;
  session.write(encodeMessage("a"));
  session.write(encodeMessage("b"));
  assert.deepEqual(stream.frames, ["o"]);
  stream.isBlocked = false;
  session.ready(stream);
  assert.deepEqual(stream.frames, ["o", 'a["a","b"]']);
  assert.deepEqual(told, ["opened", "drained"]);
});

test("R3: a receiver that is ready drains, though it still holds some bytes: it says nothing more when those have gone", () => {
  const { session, told } = begin();
  const socket = new FakeReceiver();
  session.attach(socket);
  socket.isBlocked = true;
  socket.bufferedBytes = 70_000;
  session.write(encodeMessage("a"));
  session.ready(socket);
  assert.deepEqual(told, ["opened"]);
  socket.isBlocked = false;
  socket.bufferedBytes = 10_000;
  session.ready(socket);
  assert.deepEqual(told, ["opened", "drained"]);
});

test("nobody comes back within the delay: ended with 1006 and gone, once, and no timer stays", () => {
  const { clock, session, told } = begin();
  session.attach(new FakeReceiver(1));
  clock.advance(4_999);
  assert.deepEqual(told, ["opened"]);
  clock.advance(1);
  assert.deepEqual(told, ["opened", "ended 1006", "gone"]);
  assert.equal(clock.pending, 0);
  session.destroy({ code: 1006, reason: "" });
  assert.equal(told.length, 3);
});

test("a close frame that is out ends the connection at once; the session is gone when its delay is over", () => {
  const { clock, session, told } = begin();
  const stream = new FakeReceiver();
  session.attach(stream);
  assert.equal(session.close(3000, "Go away!"), true);
  assert.deepEqual(stream.frames, ["o", 'c[3000,"Go away!"]']);
  assert.deepEqual([stream.over, told.at(-1)], ["ended", "ended 3000"]);
  const late = new FakeReceiver();
  session.attach(late);
  assert.deepEqual(late.frames, ['c[3000,"Go away!"]']);
  clock.advance(5_000);
  assert.deepEqual(told, ["opened", "ended 3000", "gone"]);
});

test("a receiver that takes nothing any more is broken off when the delay of its closing session is over (facts §5, §12)", () => {
  const { clock, session, told } = begin();
  const stalled = new FakeReceiver();
  session.attach(stalled);
  stalled.isBlocked = true;
  session.close(3000, "Go away!");
  clock.advance(4_999);
  assert.deepEqual([stalled.over, told], [undefined, ["opened"]]);
  clock.advance(1);
  assert.deepEqual([stalled.frames, stalled.over, told], [["o"], "destroyed", ["opened", "ended 3000", "gone"]]);
});

test("a lost receiver ends the session; one that the session has let go does not", () => {
  const { session, told } = begin();
  const [poll, stream] = [new FakeReceiver(1), new FakeReceiver()];
  session.attach(poll);
  session.attach(stream);
  session.lost(poll);
  assert.deepEqual(told, ["opened"]);
  session.lost(stream);
  assert.deepEqual(told, ["opened", "ended 1006", "gone"]);
});

test("heartbeats come by the clock, on a receiver that stays", () => {
  const { clock, session } = begin();
  const stream = new FakeReceiver();
  session.attach(stream);
  clock.advance(50_000);
  assert.deepEqual(stream.frames, ["o", "h", "h"]);
});

test("what opens may write and close at once: the frames keep their order", () => {
  const clock = new FakeClock(0);
  const stream = new FakeReceiver();
  const session: Session = new Session(
    { clock, times: { heartbeatMs: 0, replyMs: 0, disconnectMs: 5_000 }, maxQueuedBytes: 1000 },
    {
      opened: () => {
        session.write(encodeMessage("hello"));
        session.close(1000, "done");
      },
      messages: () => undefined,
      drained: () => undefined,
      ended: () => undefined,
      gone: () => undefined,
    },
  );
  session.attach(stream);
  assert.deepEqual(stream.frames, ["o", 'a["hello"]', 'c[1000,"done"]']);
});

test("destroying a session breaks its receiver off", () => {
  const { session, told } = begin();
  const stream = new FakeReceiver();
  session.attach(stream);
  session.destroy({ code: 1006, reason: "" });
  assert.equal(stream.over, "destroyed");
  assert.deepEqual(told, ["opened", "ended 1006", "gone"]);
});
