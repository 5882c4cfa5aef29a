// The whole table fault × engine, with several seeds, the long cells too.
import { test } from "node:test";
import { cellsOf, playCell, testName } from "../cells.ts";

const seeds = Number(process.env["OPENLINE_SEEDS"] ?? 2);
const firstSeed = Number(process.env["OPENLINE_SEED"] ?? 100);

for (const { fault, engine } of cellsOf("full")) {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const skip = engine.skip === undefined ? {} : { skip: engine.skip };
    test(`${testName(fault, engine)}, seed ${seed}`, skip, async (t) => await playCell(t, fault, engine, seed));
  }
}
