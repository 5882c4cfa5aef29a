import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addRunFlags, runArgs, runFlags } from "../../src/run/run-flags.ts";

const ofWebsocketd = (
  "port address dir staticdir cgidir devconsole binary closems maxforks sameorigin origin passenv reverselookup ssl sslcert sslkey redirport " +
  "header header-ws header-http loglevel version license unixsocket passstderr pingms maxframesize sslca"
).split(" ");

test("every flag of websocketd 0.4.1 and of the announced 0.5.0 has its own name here", () => {
  const all = Object.values(runFlags).flatMap((flags) => flags.map(({ name }) => name));
  const names = new Set(all);
  assert.deepEqual(
    ofWebsocketd.filter((name) => !names.has(name)),
    [],
  );
  assert.equal(names.size, all.length);
});

test("what stands behind the program's name is the program's, its dashes too", () => {
  assert.deepEqual(runArgs(["-port", "1", "cat", "--binary", "-port=2"]), ["--port=1", "--", "cat", "--binary", "-port=2"]);
  const command = addRunFlags(new Command("run")).exitOverride();
  let program: string[] = [];
  command.action((words: string[]) => {
    program = words;
  });
  command.parse(runArgs(["--header=A: 1", "-header", "B: 2", "-binary", "cat", "--binary"]), { from: "user" });
  assert.deepEqual(program, ["cat", "--binary"]);
  assert.deepEqual(command.getOptionValue("header"), ["A: 1", "B: 2"]);
  assert.equal(command.getOptionValue("binary"), true);
});

test("help is asked for with one dash or two", () => {
  for (const arg of ["-help", "--help"]) assert.deepEqual(runArgs([arg]), ["--help"]);
  assert.deepEqual(runArgs(["-h"]), ["-h"]);
});
