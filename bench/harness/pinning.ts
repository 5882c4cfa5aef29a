import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** On which CPUs server and driver run; undefined where they cannot be kept apart. */
export interface Pinning {
  readonly server: number | undefined;
  readonly driver: number | undefined;
  readonly words: string;
}

/** Part of util-linux, on nearly every Linux. */
const pinner = "taskset";

/** The CPUs of a list as /proc and taskset write it: `0-2,5`. */
export function readCpuList(text: string): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

/** The first CPU for the server and the last for the driver, of those that this process may use. */
export function choosePinning(): Pinning {
  const allowed = readCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0");
  const server = allowed[0];
  const driver = allowed.at(-1);
  const none = { server: undefined, driver: undefined };
  if (server === driver) return { ...none, words: "there is one CPU only, server and driver share it" };
  if (spawnSync(pinner, ["--version"]).status !== 0) return { ...none, words: "not pinned, because there is no taskset" };
  return { server, driver, words: `server on CPU ${server}, driver on CPU ${driver}` };
}

/** The command that runs `words` on that CPU. */
export function pinned(cpu: number | undefined, words: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return cpu === undefined ? words : [pinner, "-c", String(cpu), ...words];
}
