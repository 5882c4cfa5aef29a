/** A page of a list, by name, and the name after which the next one begins. */
export interface PageOf<Item> {
  readonly page: readonly Item[];
  readonly next: string | undefined;
}

/** The items after a name, in the order of their names; `next` is undefined on the last page. */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  after: string | undefined,
  limit: number,
): PageOf<Item> {
  const later = after === undefined ? items : items.filter((item) => nameOf(item) > after);
  const sorted = later.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  return { page, next: sorted.length > limit && last !== undefined ? nameOf(last) : undefined };
}
