// `npm run bench`: builds, then runs the benchmarks of bench/ one after another. Names choose some: `npm run bench -- parser`.
import { build } from "./build.mjs";
import { filesLike } from "./files.mjs";
import { run, say } from "./terminal.mjs";

const chosen = process.argv.slice(2).filter((word) => !word.startsWith("-"));
await build();
for (const file of filesLike("bench/*.bench.ts")) {
  const name = file.replace(/^bench\/(.*)\.bench\.ts$/, "$1");
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  say(`benchmark ${name}`);
  const { code } = await run(process.execPath, ["--import=tsx", "--expose-gc", file]);
  if (code !== 0) process.exitCode = 1;
}
