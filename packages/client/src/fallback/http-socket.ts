import type { SocketEvent, SocketLike } from "../platform.ts";
import { type Frame, FrameLines, parseFrame } from "./frame-lines.ts";
import type { Abort, HttpPlatform } from "./http-platform.ts";
import { Listeners, type SocketEventType } from "./listeners.ts";

/** How it receives: a response that stays open, or one response for each piece of news, where something on the way holds streams back. */
export type HttpTransport = "xhr-streaming" | "xhr-polling";

/** What an {@link HttpSocket} is made with. */
export interface HttpSocketOptions {
  /** Where SockJS is served: http(s), without a slash at the end. */
  readonly url: string;
  /** With its question mark, or empty. */
  readonly query: string;
  /** How long a stream may take to begin before polling is tried. */
  readonly streamTimeoutMs: number;
  /** Whether cookies go along to another origin. */
  readonly withCredentials: boolean;
  /** Called when it opens. */
  readonly onTransport: (transport: HttpTransport) => void;
}

/** So much goes into one request, or a single message: well below the server's limit for a body. */
const mostChars = 65_536;

/**
 * A socket over plain HTTP, for where WebSocket is blocked: SockJS with xhr_streaming, or xhr. Messages arrive once and in order or the socket closes with
 * 1006; what was under way then is recovered by the client, as after any broken connection.
 */
export class HttpSocket implements SocketLike {
  readonly #options: HttpSocketOptions;
  readonly #platform: HttpPlatform;
  readonly #listeners = new Listeners();
  readonly #sends: Abort;
  #receiving: Abort;
  #session: string;
  #queue: string[] = [];
  #queuedChars = 0;
  #sending: Promise<void> | undefined;
  #state: "connecting" | "open" | "closing" | "closed" = "connecting";

  constructor(options: HttpSocketOptions, platform: HttpPlatform) {
    this.#options = options;
    this.#platform = platform;
    this.#sends = platform.newAbort();
    this.#receiving = platform.newAbort();
    this.#session = this.#newSession();
    void this.#receive();
  }

  get bufferedAmount(): number {
    return this.#queuedChars;
  }

  addEventListener(type: SocketEventType, listener: (event: SocketEvent) => void): void {
    this.#listeners.add(type, listener);
  }

  send(text: string): void {
    if (this.#state !== "open") return;
    this.#queue.push(text);
    this.#queuedChars += text.length;
    this.#sending ??= this.#flush();
  }

  /** Sends what waits, then closes. With 1000 and 1001 the server is told: the session ends at once. */
  close(code = 1000, reason = ""): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#state = "closing";
    void this.#leave(wasOpen && (code === 1000 || code === 1001)).then(() => this.#end(code, reason));
  }

  /** Falls silent at once. */
  terminate(): void {
    this.#end(1006, "terminated");
  }

  async #leave(tells: boolean): Promise<void> {
    await this.#sending;
    // A page that is being closed has no more time than for this.
    if (tells && this.#state !== "closed") await this.#post("goodbye", { keepalive: true }).catch(() => undefined);
  }

  async #receive(): Promise<void> {
    try {
      if (!(await this.#opensStream())) await this.#poll();
    } catch {
      this.#fail("the server cannot be reached");
    }
  }

  /** Receives by streams, one after another. False when the first does not begin in time: then nothing was received. */
  async #opensStream(): Promise<boolean> {
    const { clock } = this.#platform;
    const deadline = clock.setTimeout(() => {
      if (this.#state === "connecting") this.#receiving.abort();
    }, this.#options.streamTimeoutMs);
    try {
      while (this.#isAlive) await this.#response("xhr_streaming");
      return true;
    } catch (error) {
      if (this.#state !== "connecting") throw error;
      return false;
    } finally {
      clock.clearTimeout(deadline);
    }
  }

  async #poll(): Promise<void> {
    this.#session = this.#newSession();
    while (this.#isAlive) await this.#response("xhr");
  }

  /** Reads one response to its end. @throws when it breaks off */
  async #response(path: "xhr_streaming" | "xhr"): Promise<void> {
    this.#receiving = this.#platform.newAbort();
    const { signal } = this.#receiving;
    const { status, body } = await this.#post(path, { signal });
    if (status !== 200 || body === null) throw new Error(`the server answered ${status}`);
    const reader = body.getReader();
    const [decoder, lines] = [this.#platform.newDecoder(), new FrameLines()];
    for (;;) {
      const { done, value } = await reader.read();
      if (!this.#isAlive) return;
      for (const line of lines.take(decoder.decode(value, { stream: !done }))) this.#frame(parseFrame(line), path);
      if (done) break;
    }
    if (lines.isTorn) throw new Error("the response broke off");
  }

  get #isAlive(): boolean {
    return this.#state === "connecting" || this.#state === "open";
  }

  #frame(frame: Frame, path: "xhr_streaming" | "xhr"): void {
    if (!this.#isAlive) return;
    if (frame.kind === "messages" && this.#state === "open") for (const data of frame.texts) this.#listeners.emit("message", { data });
    else if (frame.kind === "open" && this.#state === "connecting") this.#open(path);
    else if (frame.kind === "close") this.#end(frame.code, frame.reason);
    else if (frame.kind === "heartbeat") this.#answerHeartbeat();
    // A second `o`: the server has lost the session, and with it what was under way.
    else if (frame.kind !== "ignored")
      this.#fail(frame.kind === "open" ? "the server lost the session" : "the server cannot be understood");
  }

  #open(path: "xhr_streaming" | "xhr"): void {
    this.#state = "open";
    this.#options.onTransport(path === "xhr" ? "xhr-polling" : "xhr-streaming");
    this.#listeners.emit("open");
  }

  /** An empty array is an answer where the server expects one, and nothing elsewhere. */
  #answerHeartbeat(): void {
    if (this.#state === "open") this.#sending ??= this.#flush();
  }

  /** Sends what waits, one request at a time: so it arrives in order. */
  async #flush(): Promise<void> {
    try {
      do {
        const { batch, chars } = this.#nextBatch();
        const { status } = await this.#post("xhr_send", { body: JSON.stringify(batch), signal: this.#sends.signal });
        if (status !== 204 && status !== 200) throw new Error(`the server answered ${status}`);
        this.#queuedChars -= chars;
      } while (this.#queue.length > 0 && this.#state !== "closed");
    } catch {
      this.#fail("a message could not be sent");
    } finally {
      this.#sending = undefined;
    }
  }

  #nextBatch(): { batch: readonly string[]; chars: number } {
    let [count, chars] = [0, 0];
    for (const text of this.#queue) {
      if (count > 0 && chars + text.length > mostChars) break;
      count++;
      chars += text.length;
    }
    return { batch: this.#queue.splice(0, count), chars };
  }

  async #post(path: string, init: { body?: string; signal?: unknown; keepalive?: boolean }): ReturnType<HttpPlatform["fetch"]> {
    const { withCredentials, query } = this.#options;
    const credentials = withCredentials ? "include" : "same-origin";
    return await this.#platform.fetch(`${this.#session}/${path}${query}`, { method: "POST", credentials, ...init });
  }

  #newSession(): string {
    return `${this.#options.url}/000/${this.#platform.secretName()}`;
  }

  #fail(reason: string): void {
    if (this.#state === "closed") return;
    if (this.#state !== "closing") this.#listeners.emit("error");
    this.#end(1006, reason);
  }

  #end(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#queue = [];
    this.#queuedChars = 0;
    this.#receiving.abort();
    this.#sends.abort();
    this.#listeners.emit("close", { code, reason });
  }
}
