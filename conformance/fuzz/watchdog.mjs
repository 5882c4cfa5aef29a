// Ends the process when one case takes too long: a loop that never ends can be seen from outside only. Plain JavaScript, because it runs as a worker too.
import { writeSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** What a case may take; the slowest that is right waits for a handshake deadline on a loaded machine. */
const CASE_MS = 30_000;

/**
 * Watches until `stop`. `began` is to be called before each case.
 * @param {readonly string[]} names the targets' names
 */
export function startWatchdog(names) {
  const cells = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL(import.meta.url), { workerData: { cells, names }, execArgv: [] });
  return {
    /** @param {string} name @param {number} seed */
    began(name, seed) {
      Atomics.store(cells, 0, names.indexOf(name));
      Atomics.store(cells, 1, seed);
      Atomics.add(cells, 2, 1);
    },
    async stop() {
      await worker.terminate();
    },
  };
}

/** @param {{ cells: Int32Array, names: readonly string[] }} shared */
function watch({ cells, names }) {
  let seen = -1;
  setInterval(() => {
    const count = Atomics.load(cells, 2);
    if (count === seen) {
      const name = names[Atomics.load(cells, 0)] ?? "";
      writeSync(2, `${name} hangs: npm run fuzz -- --target ${name} --seed ${Atomics.load(cells, 1)} --count 1\n`);
      process.kill(process.pid, "SIGKILL");
    }
    seen = count;
  }, CASE_MS);
}

if (!isMainThread) watch(workerData);
