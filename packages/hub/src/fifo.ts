/** First in, first out. Shifting an array of thousands for each item costs more than letting the taken half go at once. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The oldest item, `undefined` when there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head > 64 && this.#head * 2 > this.#items.length) this.keep(() => true);
    return item;
  }

  /** Lets go of every item for which `isKept` is false. */
  keep(isKept: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter(isKept);
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
