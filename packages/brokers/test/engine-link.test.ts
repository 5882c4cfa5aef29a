import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { BrokerError } from "../src/broker-error.ts";
import { EngineLink, type EngineSession } from "../src/engine-link.ts";

/** An engine that does what a test tells it. */
class FakeEngine {
  readonly clock = new FakeClock();
  readonly heard: string[] = [];
  readonly losses: ((error: unknown) => void)[] = [];
  refuse: unknown;
  isMute = false;
  isMuteWhileConnecting = false;
  readonly link = new EngineLink<EngineSession>({
    open: async (lost, signal) => await this.#open(lost, signal),
    clock: this.clock,
    shown: "the engine at fake:1",
    watchdogMs: 900,
    patienceMs: 200,
    up: () => this.heard.push("up"),
    down: (error) => this.heard.push(`down ${String(error)}`),
  });

  take(): string[] {
    return this.heard.splice(0);
  }

  async #open(lost: (error: unknown) => void, signal: AbortSignal): Promise<EngineSession> {
    if (this.refuse !== undefined) throw this.refuse;
    if (this.isMuteWhileConnecting) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.losses.push(lost);
    const ping = async (): Promise<void> => await (this.isMute ? new Promise<void>(() => {}) : undefined);
    return { ping, destroy: () => this.heard.push("destroy") };
  }
}

async function started(): Promise<FakeEngine> {
  const engine = new FakeEngine();
  await engine.link.start();
  assert.deepEqual(engine.take(), ["up"]);
  return engine;
}

test("after a loss the link dials anew by itself, and an old session has nothing to say any more", async () => {
  const engine = await started();
  engine.losses[0]?.(new Error("reset"));
  assert.deepEqual([engine.link.isUp, engine.take()], [false, ["destroy", "down Error: reset"]]);
  await engine.clock.advanceAsync(63);
  engine.losses[0]?.(new Error("late"));
  assert.deepEqual([engine.link.isUp, engine.take()], [true, ["up"]]);
});

test("a start that fails is one line with the reason, and nothing is tried again", async () => {
  const reasons: [unknown, string][] = [
    [new Error("connect ECONNREFUSED"), "cannot use the engine at fake:1: connect ECONNREFUSED"],
    [new AggregateError([new Error("Authorization Violation")]), "cannot use the engine at fake:1: it refuses the user name or password"],
    [new BrokerError("missing-package", "install it"), "install it"],
  ];
  for (const [refuse, message] of reasons) {
    const engine = new FakeEngine();
    engine.refuse = refuse;
    await assert.rejects(engine.link.start(), { name: "BrokerError", message });
    engine.refuse = undefined;
    await engine.clock.advanceAsync(10_000);
    assert.equal(engine.losses.length, 0);
  }
});

test("an engine that takes everything and answers nothing is given up after the watchdog's time, amid connecting too", async () => {
  const engine = await started();
  await engine.clock.advanceAsync(5_000);
  assert.deepEqual(engine.take(), []);
  engine.isMute = true;
  engine.isMuteWhileConnecting = true;
  await engine.clock.advanceAsync(1_200);
  assert.deepEqual(engine.take(), ["destroy", "down Error: no answer for 900 ms"]);
  await engine.clock.advanceAsync(63 + 900);
  assert.equal(engine.take()[0], "destroy", "what was half made is ended");
  engine.isMute = false;
  engine.isMuteWhileConnecting = false;
  await engine.clock.advanceAsync(2_000);
  assert.equal(engine.link.isUp, true);
});

test("who waits goes on when the link is up, is told after its patience that it is not, and at once that it is closed", async () => {
  const engine = await started();
  engine.losses[0]?.(new Error("reset"));
  const session = engine.link.ready();
  await engine.clock.advanceAsync(63);
  assert.equal(await session, engine.link.session);
  engine.refuse = new Error("gone");
  engine.losses[1]?.(new Error("reset"));
  const late = assert.rejects(engine.link.ready(), { code: "unreachable", message: "the engine at fake:1 cannot be reached since 200 ms" });
  await engine.clock.advanceAsync(200);
  await late;
  const waiting = assert.rejects(engine.link.ready(), { code: "closed" });
  engine.link.close();
  await waiting;
  await assert.rejects(engine.link.ready(), { code: "closed" });
  await engine.clock.advanceAsync(10_000);
  assert.equal(engine.clock.pending, 0);
});
