/** What the owner of {@link SlowReaders} does about them. */
export interface SlowReaderRules<Reader> {
  /** How long a reader may be behind, in milliseconds; `Infinity`: as long as it likes. */
  readonly slowMs: number;
  /** One is behind: the source has to stand still. */
  stop(): void;
  /** Nobody is behind any more. */
  goOn(): void;
  /** It was behind for too long. */
  tooLate(reader: Reader): void;
}

/** Who has more waiting than it should. While there is one, the source stands still; who does not catch up in time is given up. */
export class SlowReaders<Reader> {
  readonly #rules: SlowReaderRules<Reader>;
  readonly #behind = new Map<Reader, NodeJS.Timeout | undefined>();

  constructor(rules: SlowReaderRules<Reader>) {
    this.#rules = rules;
  }

  add(reader: Reader): void {
    if (this.#behind.has(reader)) return;
    const { slowMs } = this.#rules;
    this.#behind.set(reader, slowMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => this.#rules.tooLate(reader), slowMs));
    this.#rules.stop();
  }

  /** It has caught up, or gone. */
  remove(reader: Reader): void {
    if (!this.#behind.has(reader)) return;
    clearTimeout(this.#behind.get(reader));
    this.#behind.delete(reader);
    if (this.#behind.size === 0) this.#rules.goOn();
  }
}
