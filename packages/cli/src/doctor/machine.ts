import { readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";

/** What the doctor reads of a machine; a test brings another one. */
export interface Machine {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly cores: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** A file's text, `undefined` when it cannot be read. */
  readonly read: (path: string) => string | undefined;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    platform: process.platform,
    cores: availableParallelism(),
    totalBytes: totalmem(),
    freeBytes: freemem(),
    read: (path) => {
      try {
        return readFileSync(path, "utf8").trim();
      } catch {
        return undefined;
      }
    },
  };
}
