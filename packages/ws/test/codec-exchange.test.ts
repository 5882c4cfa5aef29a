import assert from "node:assert/strict";
import { test } from "node:test";
import { CodecExchange, type CodecMachine } from "../src/codec-exchange.ts";
import type { Deflated, Inflated, MessageCodec } from "../src/message-codec.ts";

interface Setup {
  readonly exchange: CodecExchange;
  readonly machine: CodecMachine;
  /** What was asked and told, in order. */
  readonly log: string[];
  /** Gives the answer that was held back. */
  readonly answer: (result: Inflated & Deflated) => void;
}

/** A codec that gives these answers at once; undefined: later. */
function setUp(answers: { inflate?: Inflated; deflate?: Deflated }): Setup {
  const log: string[] = [];
  let later: ((result: Inflated & Deflated) => void) | undefined;
  const machine: CodecMachine = {
    data: Buffer.from("data"),
    final: true,
    fresh: false,
    limit: 9,
    inflated: (data) => void log.push(`machine inflated ${String(data)}`),
    inflateFailed: (why, detail) => void log.push(`machine inflateFailed ${why} ${detail}`),
    deflated: (data) => void log.push(`machine deflated ${String(data)}`),
  };
  const codec: MessageCodec = {
    thresholdBytes: 0,
    inflate(data, isFinal, limitBytes, callback) {
      log.push(`inflate ${String(data)} ${isFinal} ${limitBytes}`);
      later = callback;
      return answers.inflate;
    },
    deflate(data, isFinal, isFresh, callback) {
      log.push(`deflate ${String(data)} ${isFinal} ${isFresh}`);
      later = callback;
      return answers.deflate;
    },
    prepared: (frame) => frame,
    close: () => undefined,
  };
  const exchange = new CodecExchange(codec, {
    machine,
    inflateAwaited: () => log.push("inflateAwaited"),
    inflateAnswered: () => log.push("inflateAnswered"),
    deflateAnswered: () => log.push("deflateAnswered"),
    terminate: (cause) => log.push(`terminate ${cause.message}`),
  });
  return { exchange, machine, log, answer: (result) => later?.(result) };
}

const plain = Buffer.from("plain");
const fault = { why: "limit", detail: "too large" } as const;
const error = new Error("no memory");

test("what the codec answers at once the machine has when the call returns, and the connection hears nothing of it", () => {
  for (const [answers, asks, told] of [
    [{ inflate: plain }, "inflate data true 9", "machine inflated plain"],
    [{ inflate: fault }, "inflate data true 9", "machine inflateFailed limit too large"],
    [{ deflate: plain }, "deflate data true false", "machine deflated plain"],
    [{ deflate: error }, "deflate data true false", "terminate no memory"],
  ] as const) {
    const { exchange, machine, log } = setUp(answers);
    if ("inflate" in answers) exchange.inflate(machine);
    else exchange.deflate(machine);
    assert.deepEqual(log, [asks, told]);
  }
});

test("while an inflate is awaited nothing is read; its answer goes to the machine first, then the connection goes on", () => {
  for (const [result, told] of [
    [plain, "machine inflated plain"],
    [fault, "machine inflateFailed limit too large"],
  ] as const) {
    const { exchange, machine, log, answer } = setUp({});
    exchange.inflate(machine);
    assert.deepEqual(log.splice(0), ["inflate data true 9", "inflateAwaited"]);
    answer(result as Inflated & Deflated);
    assert.deepEqual(log, [told, "inflateAnswered"]);
  }
});

test("reading goes on while a deflate is awaited; one that fails ends the connection", () => {
  for (const [result, told] of [
    [plain, "machine deflated plain"],
    [error, "terminate no memory"],
  ] as const) {
    const { exchange, machine, log, answer } = setUp({});
    exchange.deflate(machine);
    assert.deepEqual(log.splice(0), ["deflate data true false"]);
    answer(result as Inflated & Deflated);
    assert.deepEqual(log, [told, "deflateAnswered"]);
  }
});
