import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Emitter, soleMessageListener } from "../src/emitter.ts";

test("at run time it is EventEmitter, with its statics", () => {
  class Bell extends Emitter<{ ring: [times: number] }> {}
  const bell = new Bell();
  let heard = 0;
  bell.on("ring", function ring(times) {
    heard += this === bell ? times : 0;
  });
  bell.emit("ring", 3);
  assert.equal(heard, 3);
  assert.ok(bell instanceof EventEmitter);
  assert.equal(Bell.defaultMaxListeners, EventEmitter.defaultMaxListeners);
});

test("nobody listens to an event that is named like a method of objects", () => {
  const bell = new Emitter<{ ring: [] }>();
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    assert.equal(bell.emit(name), false);
    assert.equal(bell.listenerCount(name), 0);
    bell.once(name, () => undefined);
    assert.equal(bell.emit(name), true);
  }
  assert.deepEqual(bell.eventNames(), []);
});

test("it stays an EventEmitter to Node: an error without a listener is thrown, rejections are captured where that was asked for", async (t) => {
  const bell = new Emitter<{ ring: [] }>();
  assert.throws(() => bell.emit("error", new Error("the bell's")), /the bell's/);
  t.after(() => {
    EventEmitter.captureRejections = false;
  });
  EventEmitter.captureRejections = true;
  const rejected = once(bell, "error");
  // oxlint-disable-next-line typescript/no-misused-promises -- it is what is tested
  bell.on("ring", async () => await Promise.reject(new Error("rejected")));
  bell.emit("ring");
  assert.match(String((await rejected)[0]), /rejected/);
});

class Line extends Emitter<{ message: [text: string] }> {}
const listener = (): void => undefined;

test("the one listener for messages is known, as long as to call it is all that emit would do", (t) => {
  const line = new Line();
  assert.equal(soleMessageListener(line), undefined);
  line.on("message", listener);
  assert.equal(soleMessageListener(line), listener);
  t.after(() => {
    EventEmitter.captureRejections = false;
  });
  EventEmitter.captureRejections = true;
  assert.equal(soleMessageListener(line), undefined);
});

const others: [what: string, prepare: (line: Line) => unknown][] = [
  ["there are two", (line) => line.on("message", listener).on("message", listener)],
  ["emit was replaced on the object", (line) => Object.assign(line.on("message", listener), { emit: () => true })],
];

for (const [what, prepare] of others) {
  test(`it is undefined when ${what}`, () => {
    const line = new Line();
    prepare(line);
    assert.equal(soleMessageListener(line), undefined);
  });
}

test("a listener of once is taken off before it is called, also by way of its wrapper", () => {
  const line = new Line();
  const heard: string[] = [];
  line.once("message", (text) => void heard.push(text));
  soleMessageListener<[string]>(line)?.call(line, "first");
  assert.deepEqual([heard, soleMessageListener(line)], [["first"], undefined]);
});

test("it is undefined in a program that uses domains", () => {
  const emitter = JSON.stringify(new URL("../src/emitter.ts", import.meta.url).href);
  for (const order of [
    "await import('node:domain'); use(await import(MODULE))",
    "const ours = await import(MODULE); await import('node:domain'); use(ours)",
  ]) {
    const program = `const use = ({ Emitter, soleMessageListener }) => {
      process.stdout.write(String(soleMessageListener(new Emitter().on("message", () => undefined))));
    };
    ${order.replace("MODULE", emitter)}`;
    const { stdout } = spawnSync(process.execPath, ["--import=tsx", "--input-type=module", "--eval", program], { encoding: "utf8" });
    assert.equal(stdout, "undefined");
  }
});
