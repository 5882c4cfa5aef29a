import type { Connection, ConnectionInfo, Hub, OutgoingMessage, Transport } from "@openline/hub";
import { version } from "@openline/wire";
import { type Heard, heardIn } from "../heard.ts";

/** What is read, and from where. */
export interface Reading {
  readonly room: string;
  /** The position after which it begins; `undefined`: with the newest, as many as `rewind` says. */
  readonly after: string | undefined;
  readonly rewind: number;
  /** Where the server wants a token in each message. */
  readonly token: string | undefined;
}

/** Whoever reads a room for a client that speaks plain HTTP. */
export interface RoomListener {
  /** Its name in logs: "sse", "long-poll". */
  readonly kind: string;
  /** Takes what the hub says. Returns false when it has room for nothing more until `drained`. */
  hear(heard: Heard): boolean;
  /** The hub has ended it, with a close code of the wire. Nothing is heard after that. */
  ended(code: number, reason: string): void;
}

/**
 * A room as somebody reads it who only listens. It is a connection of the hub like any other, spoken to in the hub's own wire, so that rights, recovery, revocation, drain and the
 * policies for slow readers are the same behind every door; but no member of the room.
 */
export class RoomReader implements Transport {
  readonly kind: string;
  readonly #listener: RoomListener;
  readonly #connection: Connection;

  constructor(hub: Pick<Hub, "open">, info: ConnectionInfo, listener: RoomListener) {
    this.kind = listener.kind;
    this.#listener = listener;
    this.#connection = hub.open(this, { ...info, isReader: true });
  }

  /** Call it once: the listener hears `joined`, or why not, before anything else. */
  read({ room, after, rewind, token }: Reading): void {
    const proof = token === undefined ? {} : { token };
    this.#say({ type: "connect", ref: 1, version });
    this.#say({ type: "join", ref: 2, room, ...(after === undefined ? { rewind } : { position: after }), ...proof });
  }

  send(message: OutgoingMessage): boolean {
    return this.#listener.hear(heardIn(message));
  }

  close(code: number, reason: string): void {
    this.#listener.ended(code, reason);
  }

  /** The listener has room again. */
  drained(): void {
    this.#connection.drained();
  }

  /** The client is gone, or has enough. */
  end(): void {
    this.#connection.closed(1000, true);
  }

  #say(message: object): void {
    this.#connection.receive(JSON.stringify(message));
  }
}
