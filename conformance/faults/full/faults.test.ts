import { test } from "node:test";
import { faults, play, skipOf } from "../faults.ts";

const seeds = Number(process.env["OPENLINE_SEEDS"] ?? 3);
const firstSeed = Number(process.env["OPENLINE_SEED"] ?? 100);

for (const fault of faults) {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    test(`contract 1 to 6, three times in a row, seed ${seed}: ${fault.name}`, skipOf(fault), async (t) => await play(t, fault, seed, 3));
  }
}
