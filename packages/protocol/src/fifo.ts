/** Taken entries are cut off when there are at least so many and they are half of the array. */
const COMPACT_FROM = 64;

/** Empties an array and lets it keep its memory. `length = 0` is a call into V8's runtime, and what is pushed next a call for new memory: 80 ns both. */
export function clearArray(items: unknown[]): void {
  while (items.length > 0) items.pop();
}

/** First in, first out, at constant cost per entry (`Array.prototype.shift` moves everything once an array is large). */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      clearArray(this.#items);
      this.#head = 0;
    } else if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
