import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** LISTEN in the kernel's table of TCP sockets. */
const listening = "0A";

/**
 * The descriptors of this process that listen on a port, so that another process can be given them. Linux tells them in /proc; elsewhere, and where nobody
 * listens, there are none.
 */
export function listeningDescriptors(port: number): number[] {
  const inodes = new Set([...inodesIn("/proc/self/net/tcp", port), ...inodesIn("/proc/self/net/tcp6", port)]);
  if (inodes.size === 0) return [];
  const descriptors = readdirSync("/proc/self/fd").map(Number);
  return descriptors.filter((descriptor) => inodes.has(inodeOf(descriptor))).toSorted((one, other) => one - other);
}

/** A line is: number, local address:port, remote address:port, state, …, and the inode as the tenth field; in hexadecimal. */
function inodesIn(file: string, port: number): string[] {
  const lines = read(file).split("\n").slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(([, local = "", , state]) => state === listening && Number.parseInt(local.split(":").at(-1) ?? "", 16) === port)
    .map((line) => line[9] ?? "");
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

function inodeOf(descriptor: number): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1] ?? "";
  } catch {
    // It was the one by which the folder was read.
    return "";
  }
}
