import type { ClientError } from "./errors.ts";

/**
 * Brings errors to the `error` listeners of one object, and to `next` when there are none or when they throw themselves.
 * `tell` returns whether there was a listener.
 */
export class FaultReporter {
  readonly #tell: (error: ClientError) => boolean;
  readonly #next: (error: ClientError) => void;
  #telling = false;

  constructor(tell: (error: ClientError) => boolean, next: (error: ClientError) => void) {
    this.#tell = tell;
    this.#next = next;
  }

  readonly report = (error: ClientError): void => {
    if (this.#telling) {
      this.#next(error);
      return;
    }
    this.#telling = true;
    const heard = this.#tell(error);
    this.#telling = false;
    if (!heard) this.#next(error);
  };
}
