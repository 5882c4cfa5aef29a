import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { uptime } from "node:os";
import { dirname, join } from "node:path";
import { BrokerError, textOf } from "../broker-error.ts";
import { type Durability, type Facts, LmdbStore } from "./lmdb-store.ts";
import { LockFile } from "./lock-file.ts";
import type { Change, MessageRow, RoomRecord, Store, UsedId } from "./store.ts";

/** The version of the layout. */
const format = 1;

/** Why a store cannot be taken for the continuation of what its clients know. */
export type Doubt = "copied" | "fell-back" | "power-lost";

/**
 * A directory that one process has to itself: the store's file, the lock, and two small files that show whether the store is the one that
 * was left here. `witness` is written once; who copies a directory back changes the time of its last status change, which nobody can set.
 * `commits` counts what was committed; who copies only the store's file back leaves it ahead.
 */
export class DataDirectory implements Store {
  readonly path: string;
  /** Set when continuity with the last run cannot be proved: all epochs must be new. */
  readonly doubt: Doubt | undefined;
  readonly #store: LmdbStore;
  readonly #lock: LockFile;
  readonly #commits: number;

  private constructor(path: string, store: LmdbStore, lock: LockFile, doubt: Doubt | undefined) {
    this.path = path;
    this.doubt = doubt;
    this.#store = store;
    this.#lock = lock;
    this.#commits = openSync(join(path, "commits"), "r+");
  }

  /**
   * Opens a directory, or makes it.
   * @throws BrokerError `in-use`, `foreign-directory`, `damaged-store`, `newer-format`, `unusable-directory` or `missing-package`
   */
  static async open(path: string, durability: Durability): Promise<DataDirectory> {
    const isNew = prepare(path);
    const lock = LockFile.take(join(path, "lock"));
    try {
      if (!isNew) checkFile(join(path, "data.mdb"));
      const store = await openStore(path);
      const { facts } = store;
      if (facts !== undefined && facts.format > format) throw newer(path, facts.format);
      if (facts === undefined && !isNew && store.rooms(undefined, 1).length > 0) throw damaged(path, "it does not say what it is");
      const doubt = facts === undefined ? undefined : doubtOf(path, facts);
      await store.setFacts(begin(path, facts, doubt, durability));
      return new DataDirectory(path, store, lock, doubt);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  room(room: string): RoomRecord | undefined {
    return this.#store.room(room);
  }

  rooms(after: string | undefined, most: number): [string, RoomRecord][] {
    return this.#store.rooms(after, most);
  }

  messages(room: string, from: number, to: number): Iterable<[number, MessageRow]> {
    return this.#store.messages(room, from, to);
  }

  usedId(room: string, key: string): UsedId | undefined {
    return this.#store.usedId(room, key);
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.#store.write(changes);
    writeSync(this.#commits, counter(this.path, this.#store.facts?.commits ?? 0), 0);
  }

  /** Writes down that the run ended in order, and lets others in. */
  async close(): Promise<void> {
    const { facts } = this.#store;
    if (facts !== undefined) await this.#store.setFacts({ ...facts, isClosed: true });
    await this.#store.close();
    closeSync(this.#commits);
    this.#lock.release();
  }
}

/** What an Openline server keeps there: the store's files, and its outbox of webhooks, which stays when somebody moves a damaged store away. */
const own = new Set(["data.mdb", "data.mdb-lock", "lock", "witness", "commits", "webhooks.jsonl"]);

/** True when there is no store yet. */
function prepare(path: string): boolean {
  const names = contents(path);
  const foreign = names.filter((name) => !own.has(name) && !name.startsWith("lock."));
  if (names.includes("data.mdb")) return false;
  if (foreign.length === 0) return true;
  const shown = foreign.slice(0, 3).join(", ");
  throw new BrokerError(
    "foreign-directory",
    `${path} holds other things (${shown}) and no Openline data: give a directory that is empty or new`,
  );
}

function contents(path: string): string[] {
  try {
    makeDirectory(path);
    return readdirSync(path);
  } catch (error) {
    throw new BrokerError("unusable-directory", `cannot use ${path} as data directory: ${textOf(error)}`, error);
  }
}

/** With `recursive`, Node 20 would try for ever where nothing can be made, as under /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** LMDB maps the file into memory: a file cut short would end the process instead of raising an error. */
function checkFile(file: string): void {
  const { size } = statSync(file);
  const head = Buffer.alloc(64);
  const descriptor = openSync(file, "r");
  readSync(descriptor, head, 0, head.length, 0);
  closeSync(descriptor);
  const magic = Buffer.from([0xde, 0xc0, 0xef, 0xbe]);
  if (!head.includes(magic)) throw damaged(file, "it is not a file of LMDB");
  if (size % 4096 !== 0 || size < 8192) throw damaged(file, `it was cut short at ${size} bytes`);
  const known = Number(textIn(join(file, "../commits")).split(" ")[1] ?? 0);
  if (size < known) throw damaged(file, `it was cut short at ${size} bytes of ${known}`);
}

async function openStore(path: string): Promise<LmdbStore> {
  try {
    return await LmdbStore.open(join(path, "data.mdb"));
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    throw damaged(join(path, "data.mdb"), textOf(error), error);
  }
}

function doubtOf(path: string, facts: Facts): Doubt | undefined {
  const witness = join(path, "witness");
  if (textIn(witness) !== facts.id || changedAt(witness) !== facts.witness) return "copied";
  if (Number.parseInt(textIn(join(path, "commits")), 10) > facts.commits) return "fell-back";
  // What the system still held when the machine went down is gone, however much that was.
  const bootedAt = Date.now() - uptime() * 1000;
  if (facts.durability === "os" && !facts.isClosed && facts.committedAt < bootedAt - 2_000) return "power-lost";
  return undefined;
}

/** The facts of a run that begins. */
function begin(path: string, facts: Facts | undefined, doubt: Doubt | undefined, durability: Durability): Facts {
  if (facts !== undefined && doubt === undefined) return { ...facts, durability, isClosed: false };
  const id = randomBytes(12).toString("base64url");
  const commits = facts?.commits ?? 0;
  writeSafely(join(path, "commits"), counter(path, commits));
  writeSafely(join(path, "witness"), id);
  return { format, commits, committedAt: Date.now(), id, witness: changedAt(join(path, "witness")), durability, isClosed: false };
}

/** How often was committed, and how large the file was: of one length, so that it is written over in place. */
function counter(path: string, commits: number): string {
  return `${commits} ${statSync(join(path, "data.mdb")).size} `.padEnd(40);
}

function writeSafely(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  const descriptor = openSync(file, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function changedAt(file: string): string {
  try {
    return String(statSync(file, { bigint: true }).ctimeNs);
  } catch {
    return "";
  }
}

function damaged(file: string, why: string, cause?: unknown): BrokerError {
  return new BrokerError("damaged-store", `${file} cannot be read (${why}): put a copy back, or move it away to begin anew`, cause);
}

function newer(path: string, found: number): BrokerError {
  return new BrokerError("newer-format", `${path} was written by a newer version (format ${found}, this one reads ${format})`);
}
