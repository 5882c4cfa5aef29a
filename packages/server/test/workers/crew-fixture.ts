import type { TestContext } from "node:test";
import { createLog } from "../../src/log.ts";
import { completeSettings } from "../../src/settings.ts";
import type { SettingsInput } from "../../src/settings-schema.ts";
import type { ForkedWorker } from "../../src/workers/forked-worker.ts";
import { Primary } from "../../src/workers/primary.ts";
import { runWorker } from "../../src/workers/worker.ts";

/** A primary whose workers live in this process. Only one of them can listen at a time: nobody shares the port among them here. */
export function crewOf(t: TestContext, input: SettingsInput = {}) {
  const settings = completeSettings({ port: 0, host: "127.0.0.1", ...input });
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: "debug", format: "json", destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const ends: string[] = [];
  let count = 0;
  const start = ({ OPENLINE_PRIMARY: path = "" }: Readonly<Record<string, string>>): ForkedWorker => {
    const id = ++count;
    let kill: (how: string) => void = () => {};
    const killed = new Promise<string>((resolve) => (kill = resolve));
    const ran = runWorker({ settings, log, path, worker: id }).then(
      () => "exit code 0",
      (error: unknown) => `exit code 1: ${String(error)}`,
    );
    const ended = Promise.race([ran, killed]);
    void ended.then((how) => ends.push(how));
    return { id, pid: undefined, kill: (signal) => kill(signal), ended };
  };
  const primary = new Primary({ settings, workers: 1, log, start });
  t.after(async () => await primary.close({ graceMs: 100 }));
  return { primary, lines, ends };
}
