import { test } from "node:test";
import { faults, isOfRedis, play, skipOf } from "./faults.ts";

for (const [index, fault] of faults.entries()) {
  if (!isOfRedis(fault)) test(`contract 1 to 6: ${fault.name}`, skipOf(fault), async (t) => await play(t, fault, index + 1));
}
