// On the items themselves: nothing else finds an item's place without a table.
const PLACE: unique symbol = Symbol("openline.place");

type Placed = { [PLACE]?: number };

/** Below this many gaps it is not worth closing them. */
const COMPACT_FROM = 32;

/**
 * Who is there, in the order in which they came; nobody may stand in two rosters. What a `Set` would be, but for items that come and go by the thousand: each old
 * table of a `Set` names the next one, so that the first that grows old keeps all that follow, with all that once stood in them, from every small garbage
 * collection. A connection made and closed cost 10 µs more that way.
 */
export class Roster<T extends object> {
  readonly #items: (T | undefined)[] = [];
  #gaps = 0;

  get size(): number {
    return this.#items.length - this.#gaps;
  }

  has(item: T): boolean {
    return this.#items[placeOf(item)] === item;
  }

  /** Without effect when the item is there. */
  add(item: T): void {
    if (this.has(item)) return;
    place(item, this.#items.length);
    this.#items.push(item);
  }

  /** Without effect when the item is not there. */
  delete(item: T): void {
    if (!this.has(item)) return;
    this.#items[placeOf(item)] = undefined;
    this.#gaps++;
    if (this.#gaps >= COMPACT_FROM && this.#gaps * 2 > this.#items.length) this.#compact();
  }

  /** Those that are there at the call and still are when their turn comes: in between items may come and go. */
  *[Symbol.iterator](): Generator<T> {
    for (const item of this.#items.slice()) if (item !== undefined && this.has(item)) yield item;
  }

  #compact(): void {
    let count = 0;
    for (const item of this.#items) {
      if (item === undefined) continue;
      place(item, count);
      this.#items[count++] = item;
    }
    this.#items.length = count;
    this.#gaps = 0;
  }
}

function placeOf(item: Placed): number {
  return item[PLACE] ?? -1;
}

function place(item: Placed, at: number): void {
  item[PLACE] = at;
}

/** To be called while an item is made: its place is then part of it, otherwise it is 40 bytes beside it. */
export function makePlace(item: object): void {
  place(item, -1);
}
