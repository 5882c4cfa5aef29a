import assert from "node:assert/strict";
import { test } from "node:test";
import { Argument, Command } from "commander";
import { commandWords } from "../../src/completion/command-words.ts";

test("commands of commands, flags with what they take, the first words of what they mean, and arguments that are one of a few", () => {
  const program = new Command("openline");
  const token = program.command("token").description("make tokens (all kinds); and read them");
  token.command("create").option("--key <file>", "sign with it").option("--json", "as JSON").option("--user <name>", "who");
  program.command("completion").addArgument(new Argument("<shell>").choices(["bash", "fish"]));
  program.command("run").option("--sslcert <FILE>", "certificate").option("--mode <MODE>", "how");
  const words = commandWords(program);
  assert.deepEqual(
    words.map(({ path }) => path),
    [[], ["token"], ["token", "create"], ["completion"], ["run"]],
  );
  assert.deepEqual(words[0]?.commands[0], { word: "token", what: "make tokens" });
  assert.deepEqual(
    words[3]?.choices.map(({ word }) => word),
    ["bash", "fish"],
  );
  assert.deepEqual(
    words[4]?.flags.map(({ takesFile }) => takesFile),
    [true, false, false],
  );
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
