import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../src/program.ts";
import { quietTerminal } from "./quiet-terminal.ts";

test("the help of verify names every flag, shows examples, and says what the exit codes mean", async () => {
  const terminal = quietTerminal();
  assert.equal(await run(["verify", "--help"], terminal), 0);
  const flags = "url seed clients rooms duration rate message-bytes calm token api-key broker broker-fault save json".split(" ");
  for (const flag of flags) assert.ok(terminal.said.out.includes(`--${flag}`), flag);
  assert.match(terminal.said.out, /Exit code: 0 the contract held, 1 it was violated, 2 called wrongly, 3 the run could not be made/);
  assert.match(terminal.said.out, /Every client of that Redis feels it/);
});

test("without --url it is a wrong call", async () => {
  const terminal = quietTerminal();
  assert.equal(await run(["verify"], terminal), 2);
  assert.match(terminal.said.err, /^openline: required option '--url <url>' not specified\n$/);
});
