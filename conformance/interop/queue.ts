/** Values that come before or after somebody waits for them, in order. */
export class Queue<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  }

  async next(): Promise<T> {
    if (this.#values.length > 0) return this.#values.shift() as T;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
