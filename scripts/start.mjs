// `npm start`: installs and builds what is missing, then serves the hub with its console page on http://localhost:8000.
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./terminal.mjs";

await build();
// In this very process, so that Ctrl-C reaches the server once and its exit code is ours.
process.argv = [process.argv[0], "openline", "serve", ...process.argv.slice(2)];
await import(join(root, "packages/cli/dist/main.js"));
