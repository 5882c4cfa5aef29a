import assert from "node:assert/strict";
import type { Server } from "node:http";
import { type TestContext, test } from "node:test";
import { type DepartingParts, Departure } from "../src/departure.ts";
import { createLog } from "../src/log.ts";

/** A server of parts that only say what was asked of them; the last socket goes when `gone` is called. */
function leaving(t: TestContext, settings: Partial<DepartingParts["settings"]> = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said: string[] = [];
  const say =
    (word: string) =>
    (...args: readonly unknown[]): void =>
      void said.push([word, ...args].join(" "));
  const later = (word: string) => async (): Promise<void> => await Promise.resolve(say(word)());
  let gone = (): void => {};
  const lastGone = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const http = {
    close: (closed: () => void) => {
      say("port closed")();
      closed();
    },
    closeIdleConnections: say("idle connections closed"),
    closeAllConnections: say("connections cut"),
  } as unknown as Server;
  const departure = new Departure({
    settings: { drainCode: 1001, drainMs: 5000, drainDelayMs: 0, drainRetryMs: 1000, drainSpreadMs: undefined, ...settings },
    http: [http],
    doors: { sockets: 40, lastGone: async () => await lastGone, close: later("doors closed"), cut: say("sockets cut") },
    hub: { drain: async (...args) => await Promise.resolve(say("drain")(...args)), close: say("hub closed") },
    requests: { endConnections: say("requests end") },
    delay: { stop: say("delay stopped") },
    webhook: { close: async (graceMs) => await Promise.resolve(say("webhook closed")(graceMs)) },
    unmount: [say("listeners given back")],
    store: { end: later("store closed") },
    log: createLog({ level: "silent" }),
  });
  return { departure, said, gone: () => gone() };
}

const ends = ["doors closed", "delay stopped", "webhook closed 5000", "listeners given back", "store closed"];

test("R8: the port is closed, everybody is told, and the store goes last", async (t) => {
  const { departure, said, gone } = leaving(t);
  const ended = departure.begin({});
  assert.deepEqual(said, ["port closed", "drain 1001 40 1000", "idle connections closed", "requests end"]);
  gone();
  await ended;
  assert.deepEqual(said.slice(4), ends);
});

test("closes are spread over a millisecond each, at most half of the time to drain, or over what is set", async (t) => {
  for (const [options, text] of [
    [{ graceMs: 50 }, "drain 1001 25 1000"],
    [{ spreadMs: 7, code: 1012, retryWithinMs: 300 }, "drain 1012 7 300"],
  ] as const) {
    const { departure, said, gone } = leaving(t);
    gone();
    await departure.begin(options);
    assert.ok(said.includes(text), said.join());
    t.mock.timers.reset();
  }
});

test("during the delay the server takes everything as before, and says only that it begins to leave", async (t) => {
  const { departure, said, gone } = leaving(t, { drainDelayMs: 2000 });
  const ended = departure.begin({});
  assert.deepEqual([departure.hasBegun, departure.isDraining, said], [true, false, []]);
  gone();
  t.mock.timers.tick(2000);
  await ended;
  assert.deepEqual([departure.isDraining, said[0]], [true, "port closed"]);
});

test("what is still open when the time is over is cut", async (t) => {
  const { departure, said, gone } = leaving(t);
  const ended = departure.begin({});
  t.mock.timers.tick(4999);
  assert.ok(!said.includes("sockets cut"));
  t.mock.timers.tick(1);
  assert.deepEqual(said.slice(-3), ["hub closed 1001", "sockets cut", "connections cut"]);
  gone();
  await ended;
  assert.deepEqual(said.slice(-ends.length), ends);
});

test("a second word changes nothing: it waits for the first", async (t) => {
  const { departure, said, gone } = leaving(t);
  const first = departure.begin({});
  assert.equal(departure.begin({ code: 1012 }), first);
  gone();
  await first;
  assert.equal(said.filter((word) => word.startsWith("drain")).length, 1);
});
