import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { commandWords } from "../../src/completion/command-words.ts";

test("commands of commands, flags with what they take, and the first words of what they mean", () => {
  const program = new Command("openline");
  const token = program.command("token").description("make tokens (all kinds); and read them");
  token.command("create").option("--key <file>", "sign with it").option("--json", "as JSON").option("--user <name>", "who");
  const words = commandWords(program);
  assert.deepEqual(
    words.map(({ path }) => path),
    [[], ["token"], ["token", "create"]],
  );
  assert.deepEqual(words[0]?.commands, [{ word: "token", what: "make tokens" }]);
  assert.deepEqual(
    words[2]?.flags.map(({ word, takesValue, takesFile }) => [word, takesValue, takesFile]),
    [
      ["--key", true, true],
      ["--json", false, false],
      ["--user", true, false],
      ["--help", false, false],
    ],
  );
});
