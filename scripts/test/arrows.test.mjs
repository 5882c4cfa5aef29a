import assert from "node:assert/strict";
import { test } from "node:test";
import { importsOf, wrongImports } from "../arrows.mjs";

/** A small house in which everything is right. */
const well = {
  "packages/protocol/src/index.ts": [],
  "packages/ws/src/index.ts": ["@openline/protocol", "node:net"],
  "packages/client/src/browser.ts": ["packages/client/src/client.ts"],
  "packages/client/src/client.ts": ["@openline/wire"],
  "packages/client/src/node.ts": ["@openline/ws", "packages/client/src/client.ts"],
  "packages/cli/src/main.ts": ["@openline/server", "@openline/wire", "commander"],
};

test("imports along the arrows, also over several of them, are right", () => {
  assert.deepEqual(wrongImports(new Map(Object.entries(well))), []);
});

for (const [rule, path, imports, expected] of [
  ["an import against the arrows", "packages/protocol/src/index.ts", ["@openline/ws"], /no arrow leads from protocol to ws/],
  ["the hub may not know the endpoint", "packages/hub/src/hub.ts", ["@openline/ws"], /no arrow leads from hub to ws/],
  ["only the client's Node entry may import ws", "packages/client/src/client.ts", ["@openline/ws"], /no arrow leads from client to ws/],
  ["a package without a line in the table", "packages/attic/src/index.ts", [], /attic has no line/],
  ["another package's file by path", "packages/ws/src/index.ts", ["packages/protocol/src/mask.ts"], /use the package's name/],
  ["a Node module in the browser's reach", "packages/client/src/client.ts", ["node:fs"], /must run without Node/],
  ["two files that import each other", "packages/client/src/client.ts", ["packages/client/src/browser.ts"], /a circle of imports/],
]) {
  test(`named as wrong: ${rule}`, () => {
    const problems = wrongImports(new Map(Object.entries({ ...well, [path]: imports })));
    assert.match(problems.join("\n"), expected);
  });
}

test("imports are found in every form", () => {
  const text = `import a from "a";\nimport { b,\n  c } from "b";\nimport "c";\nexport * from "d";\nimport type { E } from "e";\nconst f = await import("f");\n`;
  assert.deepEqual(importsOf(text), ["a", "b", "c", "d", "e", "f"]);
  assert.deepEqual(importsOf(text, { types: false }), ["a", "b", "c", "d", "f"]);
});
