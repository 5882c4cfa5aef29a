import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { CommandFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

/** What most change first; the values are the defaults, but for the key and the rules, which show how they look. */
function beginning(): object {
  return {
    host: "localhost",
    port: 8000,
    basePath: "/",
    anonymous: true,
    apiKeys: [`publish+history+presence:${randomBytes(24).toString("base64url")}`],
    allowedOrigins: [],
    history: { messages: 100, ageMs: 300_000 },
    rooms: { "chat:*": { history: { messages: 500 }, slow: "spill" }, "ticker:*": { history: { messages: 1 }, slow: "latest" } },
    drainMs: 5000,
    logLevel: "info",
  };
}

/**
 * `openline config init`: writes a file to begin with, readable by its owner alone, for it has a key.
 * @returns the exit code 0
 * @throws CommandFailure when the file is there already, or cannot be written (1)
 */
export function configInit(file: string, isForced: boolean, { out }: Terminal): number {
  try {
    writeFileSync(file, `${JSON.stringify(beginning(), undefined, 2)}\n`, { flag: isForced ? "w" : "wx", mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      code === "EEXIST" ? `${file} is there already: --force writes over it` : `${file} could not be written: ${reason}`,
      1,
    );
  }
  out.write(`${file} is written. Change what you need, then:\n  openline config check ${file}\n  openline serve --config ${file}\n`);
  return 0;
}
