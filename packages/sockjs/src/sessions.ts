import { randomUUID } from "node:crypto";
import { type ConnectionSource, SockjsConnection } from "./connection.ts";
import type { SockjsSettings } from "./options.ts";
import { Session } from "./session.ts";

/** Told of each new connection. */
export type OnConnection = (connection: SockjsConnection) => void;

const byServer = { code: 1006, reason: "Ended by the server" };

/** What a session is kept with. */
export interface SessionPlace {
  /** By which it is found again. Default: it is not. */
  readonly id?: string;
  /** Called when nothing of it is left. */
  readonly release?: (() => void) | undefined;
}

/** The sessions and raw WebSockets of a server, counted; those that came over HTTP are found by their ids. */
export class Sessions {
  readonly #settings: SockjsSettings;
  readonly #onConnection: OnConnection;
  readonly #byId = new Map<string, Session>();
  readonly #open = new Set<SockjsConnection>();
  /** Ids whose first request is being looked at. */
  readonly #coming = new Set<string>();
  #count = 0;
  #onEmpty: (() => void) | undefined;

  constructor(settings: SockjsSettings, onConnection: OnConnection) {
    this.#settings = settings;
    this.#onConnection = onConnection;
  }

  /** All that are there, closing ones and those that are being admitted included. */
  get count(): number {
    return this.#count + this.#coming.size;
  }

  /** Whether there is no room for one more. */
  get isFull(): boolean {
    return this.count >= this.#settings.max_sessions;
  }

  /** The connections that are open. */
  get connections(): Iterable<SockjsConnection> {
    return this.#open;
  }

  find(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** Keeps a place for a session while its first request is looked at. False when one is kept for it already. */
  reserve(id: string): boolean {
    if (this.#coming.has(id)) return false;
    this.#coming.add(id);
    return true;
  }

  release(id: string): void {
    this.#coming.delete(id);
  }

  /** Makes a session. */
  create(source: ConnectionSource, { id, release }: SessionPlace = {}): Session {
    const reply = this.#settings.heartbeat_reply_timeout;
    const isWebSocket = source.protocol === "websocket";
    const beats = !isWebSocket || reply > 0 || this.#settings.websocket_heartbeat === "frame";
    const session: Session = new Session(
      {
        times: {
          heartbeatMs: beats ? this.#settings.heartbeat_delay : 0,
          replyMs: reply,
          disconnectMs: this.#settings.disconnect_delay,
        },
        maxQueuedBytes: this.#settings.max_queue_bytes,
        clock: this.#settings.clock,
      },
      {
        opened: () => this.enter(connection),
        messages: (messages) => this.guard(connection, () => connection.deliver(messages)),
        drained: () => this.guard(connection, () => connection.drained()),
        ended: ({ code, reason }) => this.leave(connection, code, reason),
        gone: () => {
          if (id !== undefined && this.#byId.get(id) === session) this.#byId.delete(id);
          this.#uncount();
          release?.();
        },
      },
    );
    const connection = new SockjsConnection(randomUUID(), source, {
      get bufferedBytes() {
        return session.bufferedBytes;
      },
      write: (message) => session.write(message) === "taken",
      close: (code, reason) => session.close(code, reason),
      destroy: () => session.destroy(byServer),
    });
    if (id !== undefined) this.#byId.set(id, session);
    this.#count++;
    return session;
  }

  /** A connection is open; of a raw WebSocket it is counted from here on. */
  enter(connection: SockjsConnection): void {
    if (connection.protocol === "websocket-raw") this.#count++;
    this.#open.add(connection);
    this.guard(connection, () => this.#onConnection(connection));
  }

  /** Calls listeners of the application. */
  guard(connection: SockjsConnection, act: () => void): void {
    try {
      act();
    } catch (error) {
      connection.close(1011, "internal");
      this.#settings.on_error(error, connection);
    }
  }

  /** A connection is over. */
  leave(connection: SockjsConnection, code: number, reason: string): void {
    this.#open.delete(connection);
    this.guard(connection, () => connection.closed(code, reason));
    if (connection.protocol === "websocket-raw") this.#uncount();
  }

  /** Resolves when the last one is gone. */
  async empty(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Ends what is left without a word. */
  destroy(): void {
    for (const connection of this.#open) connection.destroy();
    for (const session of this.#byId.values()) session.destroy(byServer);
  }

  #uncount(): void {
    this.#count--;
    if (this.#count === 0) this.#onEmpty?.();
  }
}
