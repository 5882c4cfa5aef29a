// `npm run fuzz -- [--target NAME] [--seed N] [--seconds S] [--count N] [--case FILE]`: builds what is fuzzed, then runs conformance/fuzz/run.ts.
import { ensureInstalled } from "./install.mjs";
import { must, run } from "./terminal.mjs";

await ensureInstalled();
await must("compiling", "node", ["node_modules/typescript/bin/tsc", "-b", "packages/ws", "packages/testkit"]);
const { code } = await run(process.execPath, ["--import=tsx", "conformance/fuzz/run.ts", ...process.argv.slice(2)]);
process.exitCode = code;
