import { closeSync, openSync, readFileSync, readlinkSync, renameSync, statSync, unlinkSync, utimesSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { BrokerError } from "../broker-error.ts";

/** Who holds a lock, as its file says. */
interface Holder {
  readonly pid: number;
  /** When the process began, in the kernel's ticks: a pid alone is used again. */
  readonly began: string;
  /** Where the pid means something: the host, and the pid namespace of its container. */
  readonly place: string;
}

/** How often the holder shows that it lives, for those who cannot see its process. */
const touchMs = 5_000;
const staleMs = 3 * touchMs;

/** A file that exists as long as one process uses a directory. Another process finds it and stays out; that of a process which is gone is taken over. */
export class LockFile {
  readonly #path: string;
  readonly #text: string;
  readonly #touch: NodeJS.Timeout;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#touch = setInterval(() => this.#show(), touchMs).unref();
  }

  /** @throws BrokerError `in-use` that names the holder */
  static take(path: string): LockFile {
    const text = JSON.stringify(self());
    for (let attempt = 0; attempt < 5; attempt++) {
      if (create(path, text)) return new LockFile(path, text);
      const found = read(path);
      if (found === undefined) continue;
      if (isAlive(path, found)) throw inUse(path, found);
      setAside(path, found);
    }
    throw new BrokerError("in-use", `${path} changes hands while it is looked at: another process starts on the same directory`);
  }

  /** Lets others in. */
  release(): void {
    clearInterval(this.#touch);
    if (read(this.#path) === this.#text) unlinkSync(this.#path);
  }

  #show(): void {
    try {
      utimesSync(this.#path, new Date(), new Date());
    } catch {
      // Somebody removed the file by hand: those who see this process still stay out by no other means.
    }
  }
}

function self(): Holder {
  return { pid: process.pid, began: beganAt(process.pid) ?? "", place: place() };
}

function place(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Field 22 of /proc/PID/stat; counted from behind the name, which may hold spaces. */
function beganAt(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ")[19];
  } catch {
    return undefined;
  }
}

function create(path: string, text: string): boolean {
  try {
    const file = openSync(path, "wx");
    writeSync(file, text);
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): Partial<Holder> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isAlive(path: string, text: string): boolean {
  const { pid, began, place: where } = parse(text);
  // Written in one call, so a file without a holder was left by a full disk or made by hand; give a writer the benefit of its age.
  if (pid === undefined || where !== place()) return ageMs(path) < staleMs;
  if (pid === process.pid && began === beganAt(pid)) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return began === "" || began === (beganAt(pid) ?? began);
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Of two that do this at once, one may move the other's fresh file: it is put back. */
function setAside(path: string, found: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (read(aside) === found) unlinkSync(aside);
    else renameSync(aside, path);
  } catch {
    // The other one was faster: the next attempt shows who holds it.
  }
}

function inUse(path: string, text: string): BrokerError {
  const { pid, place: where } = parse(text);
  const elsewhere =
    where === undefined || where === place() ? "" : ` on ${where.split(" ")[0]}, or was until ${Math.round(ageMs(path) / 1000)} s ago`;
  return new BrokerError(
    "in-use",
    `the data directory is in use by process ${pid ?? "?"}${elsewhere} (${path}): one process at a time may write there`,
  );
}
