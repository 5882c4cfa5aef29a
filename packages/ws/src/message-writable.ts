import { Writable } from "node:stream";
import type { MessageSender } from "./message-sender.ts";
import type { WebSocket } from "./websocket.ts";

/**
 * A `Writable` whose content leaves as one message while it is written. `end()` completes the message; destroying it before gives the message up, as when a
 * source fails. The end of the connection destroys it.
 */
export class MessageWritable extends Writable {
  readonly #sender: MessageSender;
  readonly #websocket: WebSocket;
  readonly #onClose = (): void =>
    void this.destroy(this.#websocket.cause ?? new Error("The connection was closed before the message was sent"));

  constructor(sender: MessageSender, websocket: WebSocket, highWaterMark: number) {
    super({ decodeStrings: false, highWaterMark });
    this.#sender = sender;
    this.#websocket = websocket;
    websocket.on("close", this.#onClose);
  }

  override _construct(done: (error?: Error | null) => void): void {
    // Not before the constructor has come to its end.
    queueMicrotask(() => void settle(this.#sender.enter(), done));
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Node says "buffer" for buffers, and any encoding for strings.
    const isUtf8 = typeof chunk !== "string" || encoding === "utf8" || encoding === "utf-8";
    void settle(
      (async () => {
        await this.#sender.push(isUtf8 ? chunk : Buffer.from(chunk, encoding));
      })(),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    void settle(this.#sender.finish(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#websocket.off("close", this.#onClose);
    this.#sender.abandon();
    done(error);
  }
}

async function settle(work: Promise<void>, done: (error?: Error | null) => void): Promise<void> {
  let failure: Error | undefined;
  try {
    await work;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  // Outside of the promise, where a throw in somebody's listener is what it is.
  process.nextTick(done, failure);
}
