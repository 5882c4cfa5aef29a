import assert from "node:assert/strict";
import { test } from "node:test";
import { contestants } from "../harness/contestants.ts";
import { drawPlot, type Plot } from "../harness/plot.ts";
import { workloads } from "../harness/workloads.ts";

const plot: Plot = {
  title: "A < B & C",
  note: "shorter is better",
  formatValue: (value) => `${value} µs`,
  panels: [
    {
      title: "echo",
      unit: "µs",
      goal: 5,
      bars: [
        { label: "ours", value: 5, kind: "ours" },
        { label: "theirs", value: 10, kind: "other" },
      ],
    },
    { title: "fan-out", unit: "µs", bars: [{ label: "floor", value: 0, kind: "floor" }] },
  ],
};

const lengths = (svg: string): number[] =>
  [...svg.matchAll(/<rect class="(?:ours|other|floor)"[^>]* width="([\d.]+)"/g)].map((match) => Number(match[1]));

test("bars are to scale within their panel, and a value of zero can still be seen", () => {
  const [ours = 0, theirs = 0, floor = 0] = lengths(drawPlot(plot));
  assert.ok(Math.abs(theirs / ours - 2) < 0.01, `${theirs} should be twice ${ours}`);
  assert.equal(floor, 1);
});

test("the goal's line stands where a bar of that value ends", () => {
  const svg = drawPlot(plot);
  const bar = /<rect class="ours" x="(\d+)"[^>]* width="([\d.]+)"/.exec(svg);
  const goal = /class="goal" x1="([\d.]+)"/.exec(svg);
  assert.equal(Number(goal?.[1]), Number(bar?.[1]) + Number(bar?.[2]));
  assert.equal(svg.match(/class="goal"/g)?.length, 1);
});

test("the picture follows the reader's light or dark scheme, and its text is escaped", () => {
  const svg = drawPlot(plot);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, />A &lt; B &amp; C</);
  assert.match(svg, />10 µs</);
});

test("a value stands above the goal's line", () => {
  const svg = drawPlot(plot);
  assert.ok(svg.indexOf('class="goal"') < svg.indexOf('class="value"'));
});

test("every label and title has room", () => {
  for (const { label } of contestants) assert.ok(label.length <= 21, label);
  for (const { title } of workloads) assert.ok(title.length <= 55, title);
});

test("nothing is drawn outside the picture", () => {
  const svg = drawPlot(plot);
  const height = Number(/viewBox="0 0 860 ([\d.]+)"/.exec(svg)?.[1]);
  for (const [, y] of svg.matchAll(/ y="([\d.]+)"/g)) assert.ok(Number(y) < height, `${y} is below ${height}`);
});
