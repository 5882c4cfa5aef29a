/** Counts the connections of each user on this node. */
export class UserCap {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Users that have a connection. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts one more; false, and not counted, when the user has as many as allowed. `spare`: how many of them are about to end. */
  take(user: string, spare = 0): boolean {
    const count = this.#counts.get(user) ?? 0;
    if (count >= this.#most + spare) return false;
    this.#counts.set(user, count + 1);
    return true;
  }

  release(user: string): void {
    const count = (this.#counts.get(user) ?? 1) - 1;
    if (count > 0) this.#counts.set(user, count);
    else this.#counts.delete(user);
  }
}
