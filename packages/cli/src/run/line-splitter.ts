const newline = 10;
const carriageReturn = 13;

/** What to do with a line that grows over the cap. */
export type LongLineRule = "refuse" | "cut";

/**
 * Cuts a stream of bytes into lines, whatever pieces it comes in. A carriage return before the newline belongs to it. At most `maxBytes` of an unfinished line
 * are kept: then it is refused, or cut into pieces of that size. The lines are views of what was pushed, or copies where a line came in pieces.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #rule: LongLineRule;
  readonly #onLine: (line: Buffer) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, rule: LongLineRule, onLine: (line: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#rule = rule;
    this.#onLine = onLine;
  }

  /** Bytes of the unfinished line. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Answers false when a line is too long and long lines are refused: the rest is not looked at. */
  push(chunk: Buffer): boolean {
    let start = 0;
    while (start < chunk.length) {
      const at = chunk.indexOf(newline, start);
      const end = at < 0 ? chunk.length : at;
      const room = this.#maxBytes - this.#bytes;
      if (end - start > room) {
        if (this.#rule === "refuse") return false;
        this.#take(chunk.subarray(start, start + room));
        this.#emit(false);
        start += room;
      } else {
        this.#take(chunk.subarray(start, end));
        if (at >= 0) this.#emit(true);
        start = end + 1;
      }
    }
    return true;
  }

  /** The stream has ended: what has no newline is a line, too. */
  end(): void {
    if (this.#bytes > 0) this.#emit(false);
  }

  #take(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  #emit(isEnded: boolean): void {
    const [first = Buffer.alloc(0)] = this.#parts;
    const line = this.#parts.length > 1 ? Buffer.concat(this.#parts, this.#bytes) : first;
    this.#parts = [];
    this.#bytes = 0;
    this.#onLine(isEnded && line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
  }
}
