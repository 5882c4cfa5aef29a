import type { ClientMessage, ServerMessage } from "@openline/wire";
import { parseServerMessage } from "@openline/wire";
import { Heartbeat, type HeartbeatTimes } from "./heartbeat.ts";
import type { Clock, SocketLike } from "./platform.ts";
import type { Sparse } from "./requests.ts";

/** What ended a connection: the socket's close event, or the client's own decision. */
export type EndCause =
  | "close"
  | "connect-timeout"
  | "heartbeat-timeout"
  | "interrupt"
  | "offline"
  | "bad-server-message"
  | "refused"
  | "token-failed";

/** How a connection ended. `code` and `reason` are the close event's; 1006 when the client gave it up. */
export interface ConnectionEnd {
  readonly cause: EndCause;
  readonly code: number;
  readonly reason: string;
}

/** What a connection tells its owner. After `ended` it tells nothing more. */
export interface ConnectionEvents {
  opened(): void;
  message(message: ServerMessage): void;
  ended(end: ConnectionEnd): void;
}

/** After an `error` event the `close` event brings the code; a socket that never closes is given up after this time. */
const closeAfterErrorMs = 1_000;

/** The close code for "I break this and come back": neither 1000 nor 1001, which would end the session (docs/wire/hub-v1.md, Sessions and presence). */
export const comingBack = 4500;

/**
 * One socket's life. However many things say that it is over (error, close, heartbeat, the application), `ended` is called once, and what
 * the socket says afterwards is not heard: that is why they lead to one reconnect.
 */
export class Connection {
  readonly #socket: SocketLike;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  #deadline: unknown;
  #heartbeat: Heartbeat | undefined;
  #ended = false;

  constructor(open: () => SocketLike, clock: Clock, connectTimeoutMs: number, events: ConnectionEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#socket = open();
    this.#deadline = clock.setTimeout(() => {
      this.abandon("connect-timeout");
    }, connectTimeoutMs);
    this.#listen();
  }

  /** Bytes that wait below; they grow when the network does not take them. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /** The server answered `connect`: the deadline is off, the watch for life begins. */
  established(times: HeartbeatTimes, maxMissed: number, hidden: () => boolean): void {
    this.#clock.clearTimeout(this.#deadline);
    this.#heartbeat = new Heartbeat(this.#clock, times, maxMissed, {
      hidden,
      ping: () => {
        this.sendMessage({ type: "ping" });
      },
      dead: () => {
        this.abandon("heartbeat-timeout");
      },
    });
  }

  /** The page was hidden or shown. */
  visibilityChanged(): void {
    this.#heartbeat?.look();
  }

  /** Sends one message. What goes wrong in there shows as the connection's end. */
  send(text: string): void {
    if (this.#ended) return;
    try {
      this.#socket.send(text);
    } catch {
      this.abandon("close");
    }
  }

  /** Like {@link Connection.send}, of a message that is not text yet. */
  sendMessage(message: Sparse<ClientMessage>): void {
    this.send(JSON.stringify(message));
  }

  /** Breaks the connection and tells the owner. The server keeps the session. */
  abandon(cause: EndCause, reason: string = cause): void {
    this.#finish({ cause, code: 1006, reason }, () => {
      this.#break();
    });
  }

  /** Ends the connection in good order (1000) without telling the owner. The server ends the session. */
  close(): void {
    this.#stop();
    this.#quietly(() => {
      this.#socket.close(1000, "closed by the application");
    });
  }

  #listen(): void {
    // The listeners stay after the end: npm's `ws` throws an "error" event that nobody listens to.
    this.#socket.addEventListener("open", () => {
      if (!this.#ended) this.#events.opened();
    });
    this.#socket.addEventListener("message", ({ data }) => {
      this.#receive(data);
    });
    this.#socket.addEventListener("error", () => {
      if (!this.#ended) this.#awaitClose();
    });
    this.#socket.addEventListener("close", ({ code = 1006, reason = "" }) => {
      this.#finish({ cause: "close", code, reason }, () => undefined);
    });
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    this.#heartbeat?.heard();
    const parsed = typeof data === "string" ? parseServerMessage(data) : undefined;
    if (parsed?.ok === true) {
      this.#events.message(parsed.message);
      return;
    }
    // A newer server may say more than this client understands; anything else may hide a message, so recovery has to bring it again.
    if (parsed?.error.code === "unknown-type") return;
    this.abandon("bad-server-message", parsed?.error.message ?? "a binary message");
  }

  #awaitClose(): void {
    this.#clock.clearTimeout(this.#deadline);
    this.#deadline = this.#clock.setTimeout(() => {
      this.abandon("close", "error");
    }, closeAfterErrorMs);
  }

  #finish(end: ConnectionEnd, release: () => void): void {
    if (this.#ended) return;
    this.#stop();
    release();
    this.#events.ended(end);
  }

  #stop(): void {
    this.#ended = true;
    this.#clock.clearTimeout(this.#deadline);
    this.#heartbeat?.stop();
  }

  #break(): void {
    this.#quietly(() => {
      if (this.#socket.terminate === undefined) this.#socket.close(comingBack, "coming back");
      else this.#socket.terminate();
    });
  }

  #quietly(release: () => void): void {
    try {
      release();
    } catch {
      // The socket is given up either way, and nobody waits for what it has to say.
    }
  }
}
