// `npm run bench`: builds, then runs the benchmarks of bench/. A name chooses one and takes the rest of the words:
// `npm run bench -- comparison --rounds 7`. `--quick` is the comparison in under five minutes. docs/performance.md tells more.
import { build } from "./build.mjs";
import { filesLike } from "./files.mjs";
import { run, say } from "./terminal.mjs";

const names = filesLike("bench/*.bench.ts").map((file) => file.replace(/^bench\/(.*)\.bench\.ts$/, "$1"));
const { chosen, words } = choose(process.argv.slice(2));
await build();
for (const name of chosen) {
  say(`benchmark ${name}`);
  const { code } = await run(process.execPath, ["--import=tsx", "--expose-gc", `bench/${name}.bench.ts`, ...words]);
  if (code !== 0) process.exitCode = 1;
}

function choose([first, ...rest]) {
  // Micro-benchmarks first: the comparison writes what it found into the docs.
  if (first === undefined) return { chosen: names.toReversed(), words: [] };
  if (names.includes(first)) return { chosen: [first], words: rest };
  if (first.startsWith("--")) return { chosen: ["comparison"], words: [first, ...rest] };
  process.stderr.write(`there is no benchmark ${JSON.stringify(first)}; there are ${names.join(", ")}\n`);
  process.exit(2);
}
