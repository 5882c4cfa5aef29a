import { WebSocket } from "@openline/ws";
import type { BenchPlan } from "./bench-plan.ts";
import { clockMs, type Heard, type MessageForm } from "./message-form.ts";

/** What a client tells the driver. */
export interface BenchClientEvents {
  readonly heard: (heard: Heard) => void;
  /** It ended without having been asked to: the close code. */
  readonly lost: (code: number) => void;
}

/** One connection of a bench. It can be opened again after its end. */
export class BenchClient {
  readonly name: string;
  readonly #plan: BenchPlan;
  readonly #form: MessageForm;
  readonly #events: BenchClientEvents;
  /** Of messages that have no answer yet: when they were due. Only where each sender hears itself. */
  readonly #unanswered = new Map<number, number>();
  #socket: WebSocket | undefined;
  #seq = 0;
  #isReady = false;

  constructor(name: string, plan: BenchPlan, form: MessageForm, events: BenchClientEvents) {
    this.name = name;
    this.#plan = plan;
    this.#form = form;
    this.#events = events;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** When its messages were due that were not answered. */
  get unanswered(): Iterable<number> {
    return this.#unanswered.values();
  }

  get isAnswered(): boolean {
    return this.#unanswered.size === 0;
  }

  /** Resolves when messages can be sent, rejects with why not. */
  open(): Promise<void> {
    const { url, headers, subprotocols, compression, insecure } = this.#plan;
    const { greetings, isReady, refusal, read } = this.#form;
    const socket = new WebSocket(url, [...subprotocols], {
      headers,
      perMessageDeflate: compression,
      handshakeTimeout: 30_000,
      maxPayload: 16 * 1_048_576,
      rejectUnauthorized: !insecure,
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      const ready = (): void => {
        this.#isReady = true;
        resolve();
      };
      socket.once("open", () => {
        for (const text of greetings) socket.send(text);
        if (greetings.length === 0) ready();
      });
      socket.on("message", (data) => {
        const text = Buffer.isBuffer(data) ? data.toString("latin1") : "";
        const heard = read(text);
        if (heard !== undefined) this.#hear(heard);
        else if (isReady(text)) ready();
        else if (!this.#isReady && refusal(text) !== undefined) reject(new Error(refusal(text)));
      });
      socket.on("error", reject);
      socket.once("close", (code) => {
        reject(new Error(`closed with ${code}`));
        // An old socket may end when the next one stands already.
        if (this.#socket !== socket) return;
        const wasReady = this.#isReady;
        this.#isReady = false;
        if (wasReady) this.#events.lost(code);
      });
    });
  }

  /** Sends its next message, which was due at `dueMs`. */
  send(dueMs: number = clockMs()): void {
    if (this.#plan.scenario === "echo") this.#unanswered.set(this.#seq, dueMs);
    this.#socket?.send(this.#form.write(this.#seq++, dueMs, this.name));
  }

  #hear(heard: Heard): void {
    if (heard.sender === this.name) this.#unanswered.delete(heard.seq);
    this.#events.heard(heard);
  }

  /** Breaks the line. Nothing is told of that. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isReady = false;
    socket?.terminate();
  }

  /** Closes as a browser does; resolves when it is done. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isReady = false;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.close(1000);
    });
  }

  /** Reads no more. */
  pause(): void {
    this.#socket?.pause();
  }
}
