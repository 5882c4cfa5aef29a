import type { Finding } from "./finding.ts";
import type { Machine } from "./machine.ts";

/** Files that a server holds beside its connections: the program, its store, its listeners. */
const ownFiles = 64;
/** What an idle connection costs with its part of the hub, generously. */
const bytesPerConnection = 12_000;

const count = (value: number): string => value.toLocaleString("en-US");
const mib = (bytes: number): string => `${count(Math.round(bytes / 1_048_576))} MiB`;

/** Looks at what bounds a server on this machine. What cannot be read, as on systems that are not Linux, is left out. */
export function machineFindings(machine: Machine): Finding[] {
  const checks = [nodeVersion, descriptors, memory, cores, backlog, clientPorts, connectionTracking];
  return checks.flatMap((check) => check(machine) ?? []);
}

function nodeVersion({ nodeVersion: version }: Machine): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const what = "Node.js";
  if (major < 20 || (major === 20 && minor < 19))
    return {
      what,
      standing: "fault",
      found: version,
      means: "20.19 or newer is needed",
      remedy: "install a newer one: https://nodejs.org",
    };
  if (major % 2 === 1)
    return {
      what,
      standing: "warning",
      found: version,
      means: "odd versions have no long support, and we do not test on them",
      remedy: "use an even one: 22, 24 or 26",
    };
  return { what, standing: "ok", found: version };
}

/** `ulimit -n`: each connection is a file. */
function descriptors({ read }: Machine): Finding | undefined {
  const line = /^Max open files\s+(\S+)\s+(\S+)/m.exec(read("/proc/self/limits") ?? "");
  if (line === null) return undefined;
  const [soft, hard] = [numberIn(line[1]), numberIn(line[2])];
  const ceiling = Math.max(0, soft - ownFiles);
  const what = "file descriptors";
  const found = `${count(soft)} for a process (at most ${count(hard)})`;
  const means = `about ${count(ceiling)} connections per process: the next one waits unanswered, and the log says EMFILE`;
  if (soft >= 65_536) return { what, standing: "ok", found, means };
  const raise = hard > soft ? `ulimit -n ${Math.min(hard, 1_048_576)} before the start, or ` : "";
  const remedy = `${raise}LimitNOFILE=1048576 in the systemd unit, or --ulimit nofile=1048576 for the container`;
  return { what, standing: soft < 4_096 ? "warning" : "note", found, means, remedy };
}

function numberIn(text = ""): number {
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}

/** A container may have less than the machine. */
function memory({ read, totalBytes, freeBytes }: Machine): Finding {
  const limit = Number(read("/sys/fs/cgroup/memory.max") ?? Number.NaN);
  const used = Number(read("/sys/fs/cgroup/memory.current") ?? 0);
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(read("/proc/meminfo") ?? "")?.[1] ?? Number.NaN) * 1024;
  const isBounded = Number.isFinite(limit) && limit < totalBytes;
  const free = isBounded ? limit - used : Number.isFinite(available) ? available : freeBytes;
  const found = `${mib(free)} free of ${mib(isBounded ? limit : totalBytes)}${isBounded ? " (the container's limit)" : ""}`;
  const means = `room for about ${count(Math.floor(free / bytesPerConnection / 1000) * 1000)} idle connections, at ${count(bytesPerConnection)} bytes each`;
  if (free > 256 * 1_048_576) return { what: "memory", standing: "ok", found, means };
  return {
    what: "memory",
    standing: "warning",
    found,
    means,
    remedy: "bound history and connections (--history-messages, --max-connections), or give it more",
  };
}

function cores({ cores: given, read }: Machine): Finding {
  const [quota = "max", period = "100000"] = (read("/sys/fs/cgroup/cpu.max") ?? "max").split(" ");
  const share = quota === "max" ? given : Math.min(given, Number(quota) / Number(period));
  const found = share === given ? `${given}` : `${share.toFixed(1)} of ${given} (the container's limit)`;
  if (share < 2) return { what: "processor cores", standing: "note", found, means: "one process serves; more would only take turns" };
  return {
    what: "processor cores",
    standing: "note",
    found,
    means: "one process uses one of them",
    remedy: `openline serve --workers ${Math.floor(share)} uses all`,
  };
}

/** Connections that were made and not yet taken: all clients come back at once after a restart (R5). */
function backlog({ read }: Machine): Finding | undefined {
  const most = Number(read("/proc/sys/net/core/somaxconn") ?? Number.NaN);
  if (!Number.isFinite(most)) return undefined;
  const found = `${count(most)} (net.core.somaxconn)`;
  const means = "so many connections may wait to be taken; more are dropped, and their clients try again seconds later";
  const what = "queue of new connections";
  if (most >= 1024) return { what, standing: "ok", found, means };
  return { what, standing: "warning", found, means, remedy: "sysctl -w net.core.somaxconn=4096" };
}

/** For a proxy on this machine, and for a bench: each connection to one address needs a port of its own. */
function clientPorts({ read }: Machine): Finding | undefined {
  const [from = Number.NaN, to = Number.NaN] = (read("/proc/sys/net/ipv4/ip_local_port_range") ?? "").split(/\s+/).map(Number);
  if (!Number.isFinite(from) || !Number.isFinite(to)) return undefined;
  const ports = to - from + 1;
  return {
    what: "ports for clients",
    standing: ports < 20_000 ? "note" : "ok",
    found: `${count(ports)} (${from} to ${to})`,
    means: `a proxy on this machine, or openline bench, can have at most ${count(ports)} connections to one address and port; a server needs none of them`,
    ...(ports < 20_000 && { remedy: 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"' }),
  };
}

/** A firewall that keeps state drops new connections when its table is full. */
function connectionTracking({ read }: Machine): Finding | undefined {
  const [most, now] = [read("/proc/sys/net/netfilter/nf_conntrack_max"), read("/proc/sys/net/netfilter/nf_conntrack_count")].map(Number);
  if (most === undefined || now === undefined || !Number.isFinite(most) || !Number.isFinite(now)) return undefined;
  const found = `${count(now)} of ${count(most)} (nf_conntrack)`;
  const what = "firewall's table";
  const means = "each connection is an entry; a full table drops new ones without a word";
  if (now < most * 0.8) return { what, standing: "ok", found, means };
  return { what, standing: "warning", found, means, remedy: `sysctl -w net.netfilter.nf_conntrack_max=${most * 4}` };
}
