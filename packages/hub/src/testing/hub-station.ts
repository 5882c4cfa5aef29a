import type { Connection } from "../connection.ts";
import type { Hub } from "../hub.ts";
import type { OutgoingMessage, Transport } from "../transport.ts";
import type { Observation } from "./observation.ts";
import { Witness } from "./witness.ts";
import type { Station } from "./workload.ts";

/** How many messages lie below a stalled station before it says that there is no more room. */
const below = 20;

/** A witness connected to a hub in the same process. What comes while it stalls waits, as in a socket. */
export class HubStation implements Station, Transport {
  readonly kind: string = "station";
  readonly witness: Witness;
  readonly #hub: () => Hub;
  readonly #spoil: (message: OutgoingMessage) => OutgoingMessage | undefined;
  #connection: Connection | undefined;
  #waiting: OutgoingMessage[] | undefined;

  /** `hub` is asked at each dial: a station may come to another node, and `now` is only shown. `spoil` changes what comes, or lets it vanish: a server that is wrong. */
  constructor(
    name: string,
    hub: () => Hub,
    observations: Observation[],
    now: () => number,
    spoil: (message: OutgoingMessage) => OutgoingMessage | undefined = (message) => message,
  ) {
    this.#hub = hub;
    this.#spoil = spoil;
    this.witness = new Witness({ name, now, record: (observation) => observations.push(observation) });
  }

  dial(): void {
    if (this.#connection !== undefined) return;
    this.#waiting = undefined;
    const connection = this.#hub().open({ kind: this.kind, send: (message) => this.send(message), close: () => this.#gone(connection) });
    this.#connection = connection;
    this.witness.opened({ send: (text) => connection.receive(text) });
  }

  cut(): void {
    const connection = this.#connection;
    this.#gone(connection);
    connection?.closed(1006, false);
  }

  stall(): void {
    this.#waiting ??= [];
  }

  flow(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { text } of waiting) this.witness.receive(text);
    this.#connection?.drained();
  }

  send(message: OutgoingMessage): boolean {
    const spoiled = this.#spoil(message);
    if (spoiled === undefined) return true;
    if (this.#waiting === undefined) this.witness.receive(spoiled.text);
    else this.#waiting.push(spoiled);
    return (this.#waiting?.length ?? 0) < below;
  }

  close(): void {
    this.#gone(this.#connection);
  }

  #gone(connection: Connection | undefined): void {
    if (connection === undefined || connection !== this.#connection) return;
    this.#connection = undefined;
    this.#waiting = undefined;
    this.witness.lost();
  }
}
