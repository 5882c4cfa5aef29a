import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { PublishRates } from "../src/publish-rates.ts";

test("never more than the rate in its time beyond the burst, and a refusal's time is the shortest that helps", () => {
  const rate = { messages: 5, perMs: 100 };
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 100 }), (pauses) => {
      const rates = new PublishRates();
      const passed: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const waitMs = rates.take("a", rate, now);
        if (waitMs === 0) passed.push(now);
        else {
          assert.ok(rates.take("a", rate, now + waitMs - 1) > 0, "a millisecond earlier is too early");
          assert.equal(rates.take("a", rate, (now += waitMs)), 0, "then it passes");
          passed.push(now);
        }
      }
      // A burst of 5, then one every 20 ms: in 100 ms at most 5 and those that fell due meanwhile.
      for (const from of passed) assert.ok(passed.filter((at) => at >= from && at < from + 100).length <= 10);
      const span = (passed.at(-1) ?? 0) - (passed[0] ?? 0);
      assert.ok(passed.length <= 5 + Math.ceil(span / 20));
    }),
  );
});

test("rooms whose rate has recovered are forgotten", () => {
  const rates = new PublishRates();
  for (let index = 0; index < 1_000; index++) assert.equal(rates.take(`r${index}`, { messages: 1, perMs: 10 }, index), 0);
  assert.ok(rates.size < 100, String(rates.size));
});
