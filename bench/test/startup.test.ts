import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOf, startupPage } from "../startup/page.ts";
import { startTime } from "../startup/start-time.ts";

test("a start is measured from the call to the end, in time that passed and in processor time", async () => {
  const { wallMs, cpuMs } = await startTime(["-e", "const end = Date.now() + 300; while (Date.now() < end); console.log('done')"], /done/);
  assert.ok(wallMs >= 300, `${wallMs}`);
  assert.ok(cpuMs >= 10 && cpuMs <= wallMs + 500, `${cpuMs}`);
});

test("a start that fails, or does something else, is no figure", async () => {
  await assert.rejects(startTime(["-e", "process.exit(3)"]), /ended with 3/);
  await assert.rejects(startTime(["-e", "0"], /Examples/), /did not write/);
});

test("the page judges the start of --help by the lowest, and says when only that one is under the aim", () => {
  const pageOf = (cpuMs: number, ...walls: number[]): string =>
    startupPage([{ name: "openline --help", starts: walls.map((wallMs) => ({ wallMs, cpuMs })) }], "Measured now.");
  const page = (...walls: number[]): string => pageOf(80, ...walls);
  assert.match(page(100, 110, 400), /: met\./);
  assert.match(page(100, 300, 400), /met by the lowest/);
  assert.match(page(160, 300), /no verdict, the machine was busy/);
  assert.match(pageOf(160, 160, 300), /\*\*MISSED\*\*/);
  assert.match(page(100, 110, 400), /\| `openline --help` \| 110 \| 100 \| 80 \|/);
  assert.equal(
    figuresOf({
      name: "x",
      starts: [
        { wallMs: 5, cpuMs: 0 },
        { wallMs: 7, cpuMs: 10 },
      ],
    }).cpu,
    5,
  );
});
