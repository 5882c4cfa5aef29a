import { UsageError } from "@openline/protocol";
import type { Connection } from "./connection.ts";
import { deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";
import type { TurnQueue } from "./turn-queue.ts";
import { Utf8Pieces } from "./utf8-pieces.ts";
import type { WebSocket } from "./websocket.ts";

/** Options of a message that is sent piece by piece. */
export interface MessageStreamOptions {
  /** Send as a binary message. Default: whether the first piece is not a string; binary when there is none. */
  readonly binary?: boolean | undefined;
  /** False: not compressed even where compression was agreed on. Default true. */
  readonly compress?: boolean | undefined;
  /** A fragment leaves when this many bytes are together. Default 64 KiB. */
  readonly flushBytes?: number | undefined;
  /** Or when its first byte has waited for so long, in milliseconds. Default 50. */
  readonly flushMs?: number | undefined;
}

/** What a message can be made of, piece by piece. */
export type MessagePiece = string | Uint8Array;

/**
 * Sends one message of unknown length as fragments (RFC 6455 §5.4). Other messages wait behind it, control frames do not. What has left cannot be taken
 * back: a source that fails after that closes the connection with 1011, which is how the peer learns that the message is not to be used.
 */
export class MessageSender implements Timed {
  deadline: number = Number.POSITIVE_INFINITY;
  queueIndex: number = -1;
  readonly #websocket: WebSocket;
  readonly #connection: Connection;
  readonly #turns: TurnQueue;
  readonly #options: MessageStreamOptions;
  readonly #flushBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #text: Utf8Pieces | undefined;
  #isBinary: boolean | undefined;
  #state: "waiting" | "ready" | "begun" | "over" = "waiting";
  /** Whether the last fragment was answered with false. */
  #isBlocked = false;
  #error: unknown;

  constructor(websocket: WebSocket, connection: Connection, turns: TurnQueue, options: MessageStreamOptions) {
    this.#websocket = websocket;
    this.#connection = connection;
    this.#turns = turns;
    this.#options = options;
    this.#isBinary = options.binary;
    this.#flushBytes = options.flushBytes ?? 65_536;
    if (!(this.#flushBytes > 0)) throw new RangeError(`flushBytes is ${this.#flushBytes}: it must be above 0`);
  }

  /** Waits until the messages that were begun before are complete. To be called first. */
  async enter(): Promise<void> {
    await this.#turns.enter();
    if (this.#state === "waiting") this.#state = "ready";
    else this.#turns.leave();
  }

  /**
   * Takes a piece, which must not change until the message is sent. A promise means: wait for it, there is no room.
   * @throws Error when the connection is closing or closed; TypeError for bytes that are not UTF-8 in a text
   */
  push(piece: MessagePiece): Promise<void> | undefined {
    this.#checkOpen();
    this.#isBinary ??= typeof piece !== "string";
    const bytes = this.#encode(piece);
    if (bytes.length > 0) this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= this.#flushBytes) this.#flush();
    else if (this.#bytes > 0 && this.deadline === Number.POSITIVE_INFINITY) this.#wait();
    return this.#isBlocked ? this.#room() : undefined;
  }

  /** Sends the last fragment. Resolves when the kernel took it. @throws as {@link MessageSender.push} */
  async finish(): Promise<void> {
    this.#checkOpen();
    const rest = this.#text?.end();
    if (rest !== undefined) this.#pieces.push(rest);
    await new Promise<void>((resolve, reject) => {
      const last = this.#begun();
      this.#connection.machine.endMessage(last);
      this.#connection.sent((error) => (error ? reject(error) : resolve()));
      this.#leave();
    });
  }

  /** Gives the message up. When nothing of it has left, nothing happens; otherwise the connection is closed with 1011. */
  abandon(): void {
    if (this.#state === "over") return;
    const hasBegun = this.#state === "begun";
    this.#leave();
    if (hasBegun) this.#connection.close(1011, "the source of a message failed");
  }

  due(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    try {
      if (this.#state === "ready" || this.#state === "begun") this.#flush();
    } catch (error) {
      // We stand in a timer: whoever sends hears of it with the next piece.
      this.#error = error;
    }
  }

  #checkOpen(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#websocket.readyState !== 1) throw new Error(`WebSocket is not open: readyState ${this.#websocket.readyState}`);
  }

  #encode(piece: MessagePiece): Uint8Array {
    if (this.#isBinary === true) return typeof piece === "string" ? Buffer.from(piece) : piece;
    this.#text ??= new Utf8Pieces();
    return this.#text.push(piece);
  }

  #wait(): void {
    this.deadline = monotonicClock.now() + (this.#options.flushMs ?? 50);
    deadlineQueue.update(this);
  }

  #flush(): void {
    if (this.#bytes === 0) return;
    this.#isBlocked = !this.#connection.machine.sendFragment(this.#begun());
    this.#connection.touch();
  }

  /** What has gathered, as one piece of memory, with the message begun. @throws UsageError when a message of `send(…, { fin: false })` is open */
  #begun(): Uint8Array {
    if (this.#state === "waiting") throw new UsageError("USAGE_MESSAGE_OPEN");
    if (this.#state === "ready")
      this.#connection.machine.beginMessage(this.#isBinary === false ? "text" : "binary", this.#options.compress);
    this.#state = "begun";
    this.deadline = Number.POSITIVE_INFINITY;
    const [first] = this.#pieces;
    const all = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return all;
  }

  #leave(): void {
    if (this.#state === "ready" || this.#state === "begun") this.#turns.leave();
    this.#state = "over";
    this.deadline = Number.POSITIVE_INFINITY;
    deadlineQueue.remove(this);
  }

  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#websocket.off("drain", done).off("close", done);
        resolve();
      };
      this.#websocket.on("drain", done).on("close", done);
    });
    this.#isBlocked = false;
  }
}
