import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { RedisLink } from "../../src/redis/redis-link.ts";
import type { RedisSession, SessionEvents } from "../../src/redis/redis-session.ts";
import { publishScript, scripts } from "../../src/redis/scripts.ts";

/** A Redis that remembers what it was asked, and does what a test tells it. */
class FakeRedis {
  readonly clock = new FakeClock();
  readonly heard: string[] = [];
  readonly sessions: SessionEvents[] = [];
  refuse: Error | undefined;
  isMute = false;
  answer: (args: readonly string[]) => unknown = () => "OK";
  readonly link = new RedisLink({
    open: async (events) => this.#open(events),
    clock: this.clock,
    shown: "redis://fake",
    watchdogMs: 900,
    patienceMs: 200,
    message: () => {},
    up: () => this.heard.push("up"),
    down: (error) => this.heard.push(`down ${String(error)}`),
  });

  /** What was asked and told since the last look. */
  take(): string[] {
    return this.heard.splice(0);
  }

  #open(events: SessionEvents): RedisSession {
    if (this.refuse !== undefined) throw this.refuse;
    this.sessions.push(events);
    return {
      command: async (_key, args) => {
        this.heard.push(args.slice(0, 2).join(" "));
        return this.answer(args);
      },
      scan: async function* () {},
      subscribe: async (channels) => void this.heard.push(`subscribe ${channels.join()}`),
      unsubscribe: async (channel) => void this.heard.push(`unsubscribe ${channel}`),
      ping: async () => await (this.isMute ? new Promise<void>(() => {}) : undefined),
      destroy: () => this.heard.push("destroy"),
    };
  }
}

async function started(): Promise<FakeRedis> {
  const redis = new FakeRedis();
  await redis.link.start();
  assert.deepEqual(redis.take(), [...scripts.map(() => "SCRIPT LOAD"), "up"]);
  return redis;
}

test("after a loss the link dials anew by itself, and takes up its channels before it says that it is up", async () => {
  const redis = await started();
  await redis.link.subscribe("kept");
  await redis.link.subscribe("left");
  redis.link.unsubscribe("left");
  redis.take();
  redis.sessions[0]?.lost(new Error("reset"));
  assert.deepEqual([redis.link.isUp, redis.take()], [false, ["destroy", "down Error: reset"]]);
  await redis.clock.advanceAsync(63);
  assert.deepEqual(redis.take().slice(scripts.length), ["subscribe kept", "up"]);
  redis.sessions[0]?.lost(new Error("an old session has nothing to say any more"));
  assert.equal(redis.link.isUp, true);
});

test("a start that fails is one line with the reason, and nothing is tried again", async () => {
  const redis = new FakeRedis();
  redis.refuse = new AggregateError([new Error("WRONGPASS invalid username-password pair")]);
  await assert.rejects(redis.link.start(), {
    code: "unreachable",
    message: "cannot use the Redis at redis://fake: it refuses the user name or password",
  });
  redis.refuse = undefined;
  await redis.clock.advanceAsync(10_000);
  assert.equal(redis.sessions.length, 0);
});

test("a server that takes everything and answers nothing is given up after the watchdog's time", async () => {
  const redis = await started();
  await redis.clock.advanceAsync(5000);
  assert.deepEqual(redis.take(), []);
  redis.isMute = true;
  await redis.clock.advanceAsync(1200);
  assert.deepEqual(redis.take().slice(0, 2), ["destroy", "down Error: no answer for 900 ms"]);
});

test("who waits for the link goes on as soon as it is up again", async () => {
  const redis = await started();
  redis.sessions[0]?.lost(new Error("reset"));
  const ready = redis.link.ready();
  await redis.clock.advanceAsync(63);
  await ready;
  assert.equal(redis.link.isUp, true);
});

test("who waits for the link is told after its patience that it is not up, and at once that it is closed", async () => {
  const redis = await started();
  redis.refuse = new Error("ECONNREFUSED");
  redis.sessions[0]?.lost(new Error("reset"));
  const late = assert.rejects(redis.link.ready(), { code: "unreachable", message: /redis:\/\/fake cannot be reached since 200 ms/ });
  await redis.clock.advanceAsync(200);
  await late;
  redis.link.close();
  await assert.rejects(redis.link.ready(), { code: "closed" });
});

test("a script whose hash the server does not know is sent whole; any other fault is the caller's", async () => {
  const redis = await started();
  redis.answer = ([name]) => {
    if (name === "EVALSHA") throw new Error("NOSCRIPT No matching script");
    return name;
  };
  assert.equal(await redis.link.run(publishScript, ["k"], [1]), "EVAL");
  assert.deepEqual(redis.take(), [`EVALSHA ${publishScript.sha}`, `EVAL ${publishScript.text}`]);
  redis.answer = () => {
    throw new Error("OOM command not allowed");
  };
  await assert.rejects(redis.link.run(publishScript, ["k"], [1]), /OOM/);
  assert.equal(redis.link.isUp, true);
});

test("a server that is no master any more is left: its address is asked anew", async () => {
  const redis = await started();
  redis.answer = () => {
    throw new Error("READONLY You can't write against a read only replica.");
  };
  await assert.rejects(redis.link.run(publishScript, ["k"], []), /READONLY/);
  assert.equal(redis.link.isUp, false);
  await assert.rejects(redis.link.command("k", ["GET", "k"]), { code: "unreachable" });
  redis.answer = () => "OK";
  await redis.clock.advanceAsync(63);
  assert.equal(redis.link.isUp, true);
});
