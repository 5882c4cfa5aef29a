// The table fault × engine (docs/brokers/faults.md): real engines, server processes, `openline verify` as the judge.
import { describe, test } from "node:test";
import { cellsOf, playCell, testName } from "./cells.ts";

// They wait for most of their time: for engines that start, stand still, or are noticed.
describe("faults of engines", { concurrency: 3 }, () => {
  for (const [index, { fault, engine }] of cellsOf("engines").entries()) {
    const skip = engine.skip === undefined ? {} : { skip: engine.skip };
    test(testName(fault, engine), skip, async (t) => await playCell(t, fault, engine, index + 1));
  }
});
