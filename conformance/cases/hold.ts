// Makes a named test of every case for one side of our endpoint: each must be strict OK.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { openlineAgent } from "./agents.ts";
import type { Side } from "./case.ts";
import { cases } from "./cases.ts";
import { fits, runCase } from "./runner.ts";
import { compare, type Row, readVerdicts } from "./verdicts.ts";

/** `full`: the cases of the full matrix alone; otherwise all the others, and the verdicts kept. */
export function holdEveryCase(side: Side, full = false): void {
  const agent = openlineAgent();
  const found: Row[] = [];
  after(() => agent.stop());
  describe(`our ${side} is strict`, { concurrency: 24 }, () => {
    for (const each of cases.filter((each) => fits(each, side) && (each.full ?? false) === full)) {
      test(`${side}: ${each.id} ${each.title}`, async () => {
        const { verdict, why } = await runCase(each, side, agent);
        found.push({ id: each.id, title: each.title, verdicts: { [`openline ${side}`]: verdict } });
        assert.equal(verdict, "OK", why);
      });
    }
  });
  if (full) return;
  test(`${side}: the verdicts kept in git are those of this run`, async () => {
    assert.ok(found.length > 500, `only ${found.length} cases ran`);
    const lasting = (await readVerdicts()).filter(({ id }) => !cases.some((each) => each.id === id)).map(({ id }) => `${id} is gone`);
    assert.deepEqual([...compare(await readVerdicts(), found), ...lasting], [], "run conformance/cases/run.ts --write");
  });
}
