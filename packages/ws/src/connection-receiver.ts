import type { Connection } from "./connection.ts";

/** What stands at a socket's `_receiver`, where programs written for `ws` raise the limit of a client that has shown who it is. */
export class ConnectionReceiver {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The most bytes of a message; 0: no limit. A change counts from the next frame on. */
  get _maxPayload(): number {
    const { maxPayloadBytes } = this.#connection;
    return maxPayloadBytes === Number.POSITIVE_INFINITY ? 0 : maxPayloadBytes;
  }

  set _maxPayload(bytes: number) {
    this.#connection.change({ maxPayloadBytes: bytes > 0 ? bytes : Number.POSITIVE_INFINITY });
  }
}
