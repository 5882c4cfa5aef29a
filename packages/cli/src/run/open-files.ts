import { readFileSync } from "node:fs";

/** How many files this process may have open, where the system says so; Node raises the soft limit to the hard one by itself. */
export function openFilesLimit(read: () => string = () => readFileSync("/proc/self/limits", "utf8")): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(read()) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
