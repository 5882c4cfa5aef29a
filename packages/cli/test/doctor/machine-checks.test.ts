import assert from "node:assert/strict";
import { test } from "node:test";
import type { Machine } from "../../src/doctor/machine.ts";
import { machineFindings } from "../../src/doctor/machine-checks.ts";

const gib = 1_073_741_824;

function machine(files: Record<string, string> = {}, more: Partial<Machine> = {}): Machine {
  const base = { nodeVersion: "22.11.0", platform: "linux", cores: 4, totalBytes: 8 * gib, freeBytes: 4 * gib };
  return { ...base, read: (path) => files[path], ...more };
}

const find = (what: string, of: Machine) => machineFindings(of).find((finding) => finding.what === what);
const limits = (soft: number | string, hard: number | string): Record<string, string> => ({
  "/proc/self/limits": `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 ${hard}                 files`,
});

test("R24: file descriptors are the ceiling of connections, and the remedy names what can be raised", () => {
  const cases = [
    [1024, 524_288, "warning", /about 960 connections/, /ulimit -n 524288 before/],
    [20_000, 20_000, "note", /about 19,936 connections/, /^LimitNOFILE/],
    [1_048_576, 1_048_576, "ok", /about 1,048,512 connections/, undefined],
  ] as const;
  for (const [soft, hard, standing, means, remedy] of cases) {
    const found = find("file descriptors", machine(limits(soft, hard)));
    assert.equal(found?.standing, standing);
    assert.match(found?.means ?? "", means);
    if (remedy === undefined) assert.equal(found?.remedy, undefined);
    else assert.match(found?.remedy ?? "", remedy);
  }
});

test("Node.js: too old is a fault, an odd one a warning", () => {
  const standings = ["18.20.0", "20.18.0", "20.19.0", "21.7.0", "24.1.0"].map(
    (nodeVersion) => find("Node.js", machine({}, { nodeVersion }))?.standing,
  );
  assert.deepEqual(standings, ["fault", "fault", "ok", "warning", "ok"]);
});

test("a container's limits count before the machine's", () => {
  const bounded = machine({
    "/sys/fs/cgroup/memory.max": String(gib),
    "/sys/fs/cgroup/memory.current": String(gib - 100 * 1_048_576),
    "/sys/fs/cgroup/cpu.max": "150000 100000",
  });
  assert.deepEqual(
    [find("memory", bounded)?.standing, find("memory", bounded)?.found],
    ["warning", "100 MiB free of 1,024 MiB (the container's limit)"],
  );
  assert.equal(find("processor cores", bounded)?.found, "1.5 of 4 (the container's limit)");
  const free = machine({ "/sys/fs/cgroup/memory.max": "max", "/sys/fs/cgroup/cpu.max": "max 100000" });
  assert.deepEqual([find("memory", free)?.standing, find("processor cores", free)?.remedy], ["ok", "openline serve --workers 4 uses all"]);
});

test("short queues, few ports and a full firewall's table are named with the setting that changes them", () => {
  const tight = machine({
    "/proc/sys/net/core/somaxconn": "128",
    "/proc/sys/net/ipv4/ip_local_port_range": "50000\t60999",
    "/proc/sys/net/netfilter/nf_conntrack_max": "1000",
    "/proc/sys/net/netfilter/nf_conntrack_count": "900",
  });
  assert.match(find("queue of new connections", tight)?.remedy ?? "", /net\.core\.somaxconn=4096/);
  assert.match(find("ports for clients", tight)?.found ?? "", /^11,000 /);
  assert.match(find("firewall's table", tight)?.remedy ?? "", /nf_conntrack_max=4000/);
});

test("what a system does not have is left out", () => {
  assert.deepEqual(
    machineFindings(machine()).map(({ what }) => what),
    ["Node.js", "memory", "processor cores"],
  );
});
