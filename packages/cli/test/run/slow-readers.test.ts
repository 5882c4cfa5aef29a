import assert from "node:assert/strict";
import { test } from "node:test";
import { SlowReaders } from "../../src/run/slow-readers.ts";
import { until } from "./run-fixture.ts";

function readersOf(slowMs: number): { readers: SlowReaders<string>; told: string[] } {
  const told: string[] = [];
  const rules = {
    slowMs,
    stop: () => void told.push("stop"),
    goOn: () => void told.push("go on"),
    tooLate: (reader: string) => void told.push(`too late ${reader}`),
  };
  return { readers: new SlowReaders(rules), told };
}

test("R26: the source stands still while anybody is behind, and goes on with the last one that has caught up", () => {
  const { readers, told } = readersOf(Number.POSITIVE_INFINITY);
  readers.add("a");
  readers.add("b");
  readers.add("a");
  readers.remove("a");
  readers.remove("a");
  readers.remove("none");
  assert.deepEqual(told, ["stop", "stop"]);
  readers.remove("b");
  assert.deepEqual(told, ["stop", "stop", "go on"]);
});

test("R26: who does not catch up in time is given up, who does is left alone", async () => {
  const { readers, told } = readersOf(30);
  readers.add("slow");
  readers.add("quick");
  readers.remove("quick");
  await until(() => told.includes("too late slow"));
  readers.remove("slow");
  assert.deepEqual(told, ["stop", "stop", "too late slow", "go on"]);
});
