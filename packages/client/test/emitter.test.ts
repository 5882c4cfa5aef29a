import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../src/emitter.ts";
import { ClientError } from "../src/errors.ts";

interface Events {
  news: [text: string, count: number];
  error: [error: ClientError];
}

function emitter(): { emitter: Emitter<Events>; faults: ClientError[] } {
  const faults: ClientError[] = [];
  return { emitter: new Emitter<Events>((error) => faults.push(error)), faults };
}

test("listeners are called in the order in which they came, with the event's arguments", () => {
  const { emitter: events } = emitter();
  const calls: unknown[] = [];
  events.on("news", (...details) => calls.push(["first", ...details]));
  events.on("news", (...details) => calls.push(["second", ...details]));
  assert.equal(events.emit("news", "hi", 1), true);
  assert.deepEqual(calls, [
    ["first", "hi", 1],
    ["second", "hi", 1],
  ]);
});

test("an event that nobody listens to says so", () => {
  const { emitter: events } = emitter();
  assert.equal(events.emit("news", "hi", 1), false);
  events.on("news", () => undefined)();
  assert.equal(events.emit("news", "hi", 1), false);
});

test("the function that on returns ends that one subscription, and twice is harmless", () => {
  const { emitter: events } = emitter();
  let calls = 0;
  const listener = (): void => void calls++;
  const end = events.on("news", listener);
  events.on("news", listener);
  end();
  end();
  events.emit("news", "hi", 1);
  assert.equal(calls, 1);
});

test("a listener may end itself and add others while it is called; the others hear the next event", () => {
  const { emitter: events } = emitter();
  const calls: string[] = [];
  const end = events.on("news", () => {
    end();
    calls.push("once");
    events.on("news", () => calls.push("later"));
  });
  events.on("news", () => calls.push("always"));
  events.emit("news", "a", 1);
  events.emit("news", "b", 2);
  assert.deepEqual(calls, ["once", "always", "always", "later"]);
});

test("a listener that throws is reported with its error as the cause, and the others are called", () => {
  const { emitter: events, faults } = emitter();
  const fault = new Error("mine");
  let heard = false;
  events.on("news", () => {
    throw fault;
  });
  events.on("news", () => void (heard = true));
  events.emit("news", "hi", 1);
  assert.equal(heard, true);
  assert.deepEqual([faults[0]?.code, faults[0]?.cause], ["listener-failed", fault]);
});

test("an error that a listener hears goes no further, one that nobody hears does", () => {
  const { emitter: events, faults } = emitter();
  const heard: string[] = [];
  events.report(new ClientError("closed"));
  events.on("error", ({ code }) => heard.push(code));
  events.report(new ClientError("unknown"));
  assert.deepEqual([heard, faults.map(({ code }) => code)], [["unknown"], ["closed"]]);
});

test("an error of the error listener itself goes further instead of round in circles", () => {
  const { emitter: events, faults } = emitter();
  events.on("error", () => {
    throw new Error("mine, too");
  });
  for (const code of ["closed", "unknown"]) events.report(new ClientError(code));
  assert.deepEqual(
    faults.map(({ code }) => code),
    ["listener-failed", "listener-failed"],
  );
});
