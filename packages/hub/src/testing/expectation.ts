/** Nothing here is Node's: the suite runs wherever the hub does. */

/** @throws Error unless `condition` holds. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected: ${what}`);
}

/** @throws Error unless both are equal as JSON; the message shows both. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: got ${is}, expected ${should}`);
}
