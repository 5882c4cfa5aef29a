#!/usr/bin/env node
import { run } from "./program.ts";

// The reader of a pipe may leave before us (`openline serve | head`): that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await run(process.argv.slice(2));
// A worker's channel to its primary would keep it alive, and the primary would wait for it.
if (process.connected) process.exit();
