import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, truncateSync, writeSync } from "node:fs";
import type { Outbox, OutboxChange } from "./outbox.ts";

/** A journal is written anew when it is larger than this, and than four times what it describes. */
const rewriteBytes = 1_048_576;

/**
 * The changes of an outbox in a file, one JSON line each, so that the outbox survives the process. What a change of this turn says is in
 * the file with the next turn of the event loop; a loss of power may take what the system had not written yet.
 */
export class OutboxJournal {
  readonly #path: string;
  readonly #outbox: Outbox;
  readonly #onFault: (error: unknown) => void;
  #file: number;
  #bytes: number;
  #unwritten: string[] = [];
  /** It will be written at the end of this turn. */
  #isDue = false;

  /**
   * Opens a journal, or makes it, and brings the outbox to where it was left. A last line that was cut short is dropped.
   * @throws Error when the file cannot be used, or is no journal
   */
  constructor(path: string, outbox: Outbox, onFault: (error: unknown) => void) {
    this.#path = path;
    this.#outbox = outbox;
    this.#onFault = onFault;
    this.#bytes = replay(path, outbox);
    this.#file = openSync(path, "a", 0o600);
  }

  write(change: OutboxChange): void {
    this.#unwritten.push(`${JSON.stringify(change)}\n`);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.flush();
    });
  }

  /** Writes what is left; a disk that is full is told, and the next change tries again. */
  flush(): void {
    if (this.#unwritten.length === 0) return;
    const bytes = Buffer.from(this.#unwritten.join(""));
    try {
      writeSync(this.#file, bytes);
      this.#unwritten = [];
      this.#bytes += bytes.length;
      if (this.#bytes > rewriteBytes && this.#bytes > 4 * this.#outbox.bytes) this.#rewrite();
    } catch (error) {
      this.#onFault(error);
    }
  }

  close(): void {
    this.flush();
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  /** Beside the old file, which is replaced in one step: at any moment one of the two is whole. */
  #rewrite(): void {
    const text = Array.from(this.#outbox.changes(), (change) => `${JSON.stringify(change)}\n`).join("");
    const file = openSync(`${this.#path}.new`, "w", 0o600);
    this.#bytes = writeSync(file, text);
    fsyncSync(file);
    renameSync(`${this.#path}.new`, this.#path);
    closeSync(this.#file);
    this.#file = file;
  }
}

/** @returns the bytes of the whole lines */
function replay(path: string, outbox: Outbox): number {
  if (!existsSync(path)) return 0;
  const content = readFileSync(path);
  const end = content.lastIndexOf(0x0a) + 1;
  if (end < content.length) truncateSync(path, end);
  for (const line of content.subarray(0, end).toString().split("\n")) if (line !== "") outbox.apply(readChange(line, path));
  return end;
}

function readChange(line: string, path: string): OutboxChange {
  try {
    const change: OutboxChange = JSON.parse(line);
    if (["add", "done", "dead", "refused", "retry"].includes(change.do)) return change;
  } catch {
    // Told below, with the file's name.
  }
  throw new Error(`${path} is no journal of webhooks: move it away to begin a new one`);
}
