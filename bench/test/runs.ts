import type { Measured, Results } from "../harness/results.ts";

/** A run of that cost; the server is saturated unless `more` says otherwise. */
export function measured(serverMicroseconds: number, more: Partial<Measured> = {}): Measured {
  return {
    ok: true,
    units: 1000,
    seconds: 1,
    perSecond: 1000,
    serverMicroseconds,
    serverPercent: 99,
    driverPercent: 50,
    otherPercent: 1,
    p50Microseconds: 10,
    p99Microseconds: 20,
    ...more,
  };
}

export function resultsOf(runs: Results["runs"], skipped: Results["skipped"] = {}): Results {
  return {
    circumstances: {
      takenAt: "2026-11-21T09:30:00.000Z",
      node: "20.20.2",
      cpu: "a CPU",
      cpus: 2,
      kernel: "6.1",
      congestionControl: "cubic",
      pinned: "server on CPU 0, driver on CPU 1",
      rounds: 3,
      seconds: 1,
      versions: { ws: "8.23.0" },
      buildChanged: false,
    },
    skipped,
    runs,
  };
}
