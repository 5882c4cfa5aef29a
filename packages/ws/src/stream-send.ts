import type { ReadableStream } from "node:stream/web";
import type { MessagePiece, MessageSender, MessageStreamOptions } from "./message-sender.ts";
import type { WebSocket } from "./websocket.ts";

/** What a message can be read from: an async or plain iterable (a node `Readable` is one), or a web `ReadableStream`. */
export type MessageSource = AsyncIterable<MessagePiece> | Iterable<MessagePiece> | ReadableStream<MessagePiece>;

export interface SendStreamOptions extends MessageStreamOptions {
  /** Gives the message up. */
  readonly signal?: AbortSignal | undefined;
}

type Pieces = Pick<AsyncIterator<MessagePiece> | Iterator<MessagePiece>, "next" | "return">;

/**
 * Reads the source as fast as the peer reads, and sends it as one message. Resolves when the kernel took its end. Rejects when the source fails, the signal is
 * aborted or the connection ends; the source is told so by its iterator's `return`.
 */
export async function sendFrom(sender: MessageSender, websocket: WebSocket, source: MessageSource, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const pieces = piecesOf(source);
  const stop = new Stop(websocket, signal);
  try {
    await stop.orDone(pump(sender, pieces, stop));
  } catch (error) {
    sender.abandon();
    // It may be in the middle of a `next()` that never ends: nobody waits for it.
    void ignoreRejection(pieces.return?.());
    throw error;
  } finally {
    stop.dispose();
  }
}

async function pump(sender: MessageSender, pieces: Pieces, stop: Stop): Promise<void> {
  await sender.enter();
  for (let next = await pieces.next(); next.done !== true && !stop.isStopped; next = await pieces.next()) {
    const room = sender.push(next.value);
    if (room !== undefined) await room;
  }
  if (!stop.isStopped) await sender.finish();
}

/** The end of the connection or an abort, whichever comes first, as one promise for the whole message: one per piece would pile up. */
class Stop {
  isStopped = false;
  readonly #websocket: WebSocket;
  readonly #signal: AbortSignal | undefined;
  #reject: (error: unknown) => void = () => undefined;
  readonly #onClose = (): void => this.#stop(this.#websocket.cause ?? new Error("The connection was closed before the message was sent"));
  readonly #onAbort = (): void => this.#stop(this.#signal?.reason);

  constructor(websocket: WebSocket, signal: AbortSignal | undefined) {
    this.#websocket = websocket;
    this.#signal = signal;
    websocket.on("close", this.#onClose);
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Settles as the work does, or rejects when it is stopped before. */
  async orDone(work: Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
    });
  }

  dispose(): void {
    this.isStopped = true;
    this.#websocket.off("close", this.#onClose);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  #stop(error: unknown): void {
    this.isStopped = true;
    this.#reject(error);
  }
}

function piecesOf(source: MessageSource): Pieces {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  if (typeof source !== "string" && Symbol.iterator in source) return source[Symbol.iterator]();
  throw new TypeError("A message is sent from an iterable, an async iterable or a ReadableStream");
}

async function ignoreRejection(promise: unknown): Promise<void> {
  try {
    await promise;
  } catch {
    // The message has failed already, for a reason of its own.
  }
}
