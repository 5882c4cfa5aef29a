import type { OutgoingLine } from "./outgoing-line.ts";

/** More than this is not kept, however many lines it is. */
const mostBytes = 4 * 1_048_576;

/** The last lines of a program, for who comes later. */
export class ReplayBuffer {
  readonly #most: number;
  readonly #maxBytes: number;
  #lines: OutgoingLine[] = [];
  #bytes = 0;

  constructor(most: number, maxBytes: number = mostBytes) {
    this.#most = most;
    this.#maxBytes = maxBytes;
  }

  /** Oldest first. */
  get lines(): readonly OutgoingLine[] {
    return this.#lines;
  }

  add(line: OutgoingLine): void {
    if (this.#most === 0) return;
    this.#lines.push(line);
    this.#bytes += line.data.length;
    while (this.#lines.length > this.#most || (this.#bytes > this.#maxBytes && this.#lines.length > 1)) {
      this.#bytes -= this.#lines.shift()?.data.length ?? 0;
    }
  }
}
