import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addConnectFlags } from "../../src/connect/connect-flags.ts";

test("flags that may come again make lists, switches are on, compression is on unless it is taken away", () => {
  const command = addConnectFlags(new Command("connect"))
    .exitOverride()
    .action(() => {});
  command.parse(["ws://x/", "--header", "A: 1", "--header", "B: 2", "--listen", "--no-compression"], { from: "user" });
  const { header, listen, compression } = command.opts<Record<string, unknown>>();
  assert.deepEqual([header, listen, compression], [["A: 1", "B: 2"], true, false]);
});
