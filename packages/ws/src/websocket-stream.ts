import { Duplex, type DuplexOptions } from "node:stream";
import { unshared } from "./fast-driver/shared-read-buffer.ts";
import type { RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

type Done = (error?: Error | null) => void;

/**
 * A stream of bytes over a WebSocket: what is written leaves as binary messages (text where strings are kept, `decodeStrings: false`), what arrives can
 * be read, without borders between messages unless `readableObjectMode` is set. Reading holds the peer back. `end()` starts the closing handshake.
 */
class WebSocketStream extends Duplex {
  readonly #websocket: WebSocket;
  /** Not after an error of the socket: its own close frame is on its way. */
  #terminates = true;

  constructor(websocket: WebSocket, options: DuplexOptions | undefined) {
    // The stream's end is the socket's: only that decides when it is destroyed and when `close` is emitted.
    super({ ...options, autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false });
    this.#websocket = websocket;
    websocket.on("message", (data: RawData, isBinary: boolean) => {
      if (!this.push(!isBinary && this.readableObjectMode ? asText(data) : lasting(data))) websocket.pause();
    });
    websocket.once("error", (error: Error) => {
      if (this.destroyed) return;
      this.#terminates = false;
      this.destroy(error);
    });
    websocket.once("close", () => {
      if (!this.destroyed) this.push(null);
    });
    this.on("end", () => {
      if (!this.destroyed && this.writableFinished) this.destroy();
    });
    this.on("error", this.#onError);
  }

  // Whoever does not listen for the stream's errors must still hear of them.
  readonly #onError = (error: Error): void => {
    this.removeListener("error", this.#onError);
    this.destroy();
    if (this.listenerCount("error") === 0) this.emit("error", error);
  };

  override _read(): void {
    if (this.#websocket.isPaused) this.#websocket.resume();
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#whenOpen(() => this.#websocket.send(chunk, done));
  }

  override _final(done: Done): void {
    this.#whenOpen(() => this.#finish(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const websocket = this.#websocket;
    const closed = (): void => {
      process.nextTick(() => this.emit("close"));
    };
    if (websocket.readyState === websocket.CLOSED) {
      done(error);
      closed();
      return;
    }
    let isDone = false;
    const once = (cause: Error | null): void => {
      if (!isDone) done(cause);
      isDone = true;
    };
    websocket.once("error", once);
    websocket.once("close", () => {
      once(error);
      closed();
    });
    if (this.#terminates) websocket.terminate();
  }

  #whenOpen(act: () => void): void {
    const websocket = this.#websocket;
    if (websocket.readyState === websocket.CONNECTING) websocket.once("open", act);
    else act();
  }

  #finish(done: Done): void {
    const { _socket: transport } = this.#websocket;
    // The handshake failed: the socket's `error` is on its way.
    if (transport === null) return;
    if (transport.writableFinished) {
      done();
      if (this.readableEnded) this.destroy();
      return;
    }
    transport.once("finish", () => done());
    this.#websocket.close();
  }
}

// With `messages: "view"` what a listener gets ends when it returns.
function lasting(data: RawData): RawData {
  return Buffer.isBuffer(data) ? unshared(data) : data;
}

// Text comes as a Buffer whatever `binaryType` says.
function asText(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : "";
}

/** Makes a stream of bytes over a WebSocket; `options` are those of a `Duplex`. The socket belongs to the stream from here on. */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex {
  return new WebSocketStream(websocket, options);
}
