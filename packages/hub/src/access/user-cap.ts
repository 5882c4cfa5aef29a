import { LocalTally, type Tally } from "./tally.ts";

/** Counts the connections of each user. */
export class UserCap {
  readonly #most: number;
  readonly #tally: Tally;

  /** `tally`: where they are counted. Default: those of this node. */
  constructor(most: number, tally: Tally = new LocalTally()) {
    this.#most = most;
    this.#tally = tally;
  }

  /** Counts one more; false, and not counted, when the user has as many as allowed. `spare`: how many of them are about to end. */
  take(user: string, spare = 0): boolean {
    if (this.#tally.count(user) >= this.#most + spare) return false;
    this.#tally.add(user);
    return true;
  }

  release(user: string): void {
    this.#tally.remove(user);
  }
}
