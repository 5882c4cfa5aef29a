import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as ours from "../src/index.ts";
import { closing } from "./drop-in/closing.ts";
import { construct } from "./drop-in/construct.ts";
import { deliberate } from "./drop-in/deliberate.ts";
import { events } from "./drop-in/events.ts";
import { frames } from "./drop-in/frames.ts";
import { openingClient } from "./drop-in/opening-client.ts";
import { openingServer } from "./drop-in/opening-server.ts";
import { sending } from "./drop-in/sending.ts";
import { type Package, type Scenario, Stage } from "./drop-in/stage.ts";
import { streams } from "./drop-in/streams.ts";
import { ws as theirs } from "./fixtures/npm-ws.ts";

const scenarios: readonly Scenario[] = [
  ...construct,
  ...sending,
  ...closing,
  ...frames,
  ...events,
  ...streams,
  ...openingServer,
  ...openingClient,
  ...deliberate,
];
const page = readFileSync(new URL("../../../docs/migrating-from-ws.md", import.meta.url), "utf8");

async function traceOf(lib: Package, { run }: Scenario): Promise<string[]> {
  const stage = new Stage(lib);
  let patience: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      patience = setTimeout(() => reject(new Error(`stuck after ${JSON.stringify(stage.trace)}`)), 8000);
    });
    await Promise.race([run(stage), late]);
    // What comes in the same turn and the next belongs to it.
    await new Promise((resolve) => setTimeout(resolve, 2));
    return [...stage.trace];
  } finally {
    clearTimeout(patience);
    stage.clear();
  }
}

/** The texts of our errors may go on behind those of `ws` to name the offending value. */
function isSame(mine: string | undefined, other: string | undefined): boolean {
  return mine === other || (mine?.startsWith(`${other}: `) ?? false);
}

for (const scenario of scenarios) {
  const { name, differs } = scenario;
  test(`${name}: ${differs === undefined ? "as in ws" : `unlike ws on purpose (${differs.why})`}`, async () => {
    const expected = await traceOf(theirs, scenario);
    const actual = await traceOf(ours as unknown as Package, scenario);
    if (differs === undefined) {
      if (actual.length === expected.length && actual.every((entry, index) => isSame(entry, expected[index]))) return;
      return assert.deepEqual(actual, expected);
    }
    assert.deepEqual(actual, differs.ours);
    assert.notDeepEqual(actual, expected, "it is no difference any more: take it off the table and off the page");
    assert.ok(page.includes(`### ${differs.why}`), `docs/migrating-from-ws.md has no heading "${differs.why}"`);
  });
}

test("the table has at least 60 scenarios, each with its own name", () => {
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
  assert.ok(scenarios.length >= 60);
});

test("every difference on the page is shown by a scenario, or is one that no trace can show", () => {
  const shown = new Set(scenarios.map(({ differs }) => differs?.why));
  const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(
    headings.filter((heading) => !shown.has(heading)),
    ["maxBufferedChunks and maxPendingAutoPongs", "Compression's defaults", "Optional native packages"],
  );
});
