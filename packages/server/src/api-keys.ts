import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The API keys of this server, kept as digests. A comparison takes the same time for every presented key, whatever it shares with a real one.
 */
export class ApiKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  /** Whether any key is set; without one the API asks for none. */
  get required(): boolean {
    return this.#digests.length > 0;
  }

  /** Whether the `Authorization` field carries one of the keys as a bearer token (RFC 6750 §2.1). */
  admits(authorization: string | undefined): boolean {
    const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const presented = digest(token);
    // Every key is compared, so that the time does not tell which one matched.
    return this.#digests.map((known) => timingSafeEqual(known, presented)).includes(true);
  }
}
