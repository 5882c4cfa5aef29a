// Loaded into a Node server with --import: samples what is allocated, and at each SIGUSR2 (bench/load asks all servers in this way to collect their garbage)
// writes what is still alive to BENCH_HEAP_PROFILE. The last time is when all connections are open.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";

const session = new Session();
session.connect();
session.post("HeapProfiler.startSampling", { samplingInterval: 4096 });
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  session.post("HeapProfiler.getSamplingProfile", (error, result) => {
    if (!error) writeFileSync(process.env.BENCH_HEAP_PROFILE, JSON.stringify(result.profile));
  });
});
