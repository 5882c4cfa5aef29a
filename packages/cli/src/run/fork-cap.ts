/** Counts the programs that run, of all kinds together. */
export class ForkCap {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#most;
  }

  /** Answers false when there are as many as there may be. */
  take(): boolean {
    if (this.isFull) return false;
    this.#count++;
    return true;
  }

  release(): void {
    this.#count--;
  }
}
