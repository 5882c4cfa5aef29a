import type { Duplex } from "node:stream";
import type { Clock } from "@openline/hub";
import { BrokerError } from "../broker-error.ts";
import { encodeFrame, type Frame, FrameKind, FrameReader } from "./frame.ts";
import { errorOf, failureOf } from "./line-failure.ts";

/** What the other end of a {@link Line} may want. What it says is JSON, for whoever knows the topic to read. */
export interface LineHandlers {
  /** Answers a question; what it throws is thrown at whoever asked. */
  readonly asked: (topic: string, json: string) => unknown;
  /** Hears something; `number` says whom it is for. */
  readonly told: (topic: string, json: string, number: number) => void;
  /** The line is gone, for good. */
  readonly closed: () => void;
}

export interface LineOptions extends LineHandlers {
  /** A connected stream; the line is its owner from now on. */
  readonly stream: Duplex;
  readonly clock: Clock;
  /** How long an answer may take. Default 5,000. */
  readonly answerMs?: number;
  /** An end that leaves more bytes than this unread is given up. Default 256 MiB. */
  readonly mostUnreadBytes?: number;
}

interface Question {
  readonly resolve: (json: string) => void;
  readonly reject: (error: Error) => void;
  readonly topic: string;
  readonly deadline: number;
}

/**
 * Questions, answers and what is told, both ways over one stream, in order. What is sent in one turn leaves in one write.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #reader = new FrameReader();
  readonly #questions = new Map<number, Question>();
  readonly #answerMs: number;
  #last = 0;
  #timer: unknown;
  #isCorked = false;
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#answerMs = options.answerMs ?? 5_000;
    const { stream } = options;
    stream.on("data", (chunk: Buffer) => this.#hear(chunk));
    stream.on("error", () => {
      // `close` follows, and the reason changes nothing: the line is gone.
    });
    stream.once("close", () => this.#end());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** For how long the other end has left a question unanswered, in milliseconds; 0 when none waits. */
  get silentMs(): number {
    const [oldest] = this.#questions.values();
    return oldest === undefined ? 0 : this.#options.clock.now() + this.#answerMs - oldest.deadline;
  }

  /** Asks the other end; resolves with the JSON of its answer. @throws what it threw; BrokerError `unreachable` when it does not answer in time, or the line goes */
  ask(topic: string, body: unknown): Promise<string> {
    if (this.#isClosed) return Promise.reject(gone(topic));
    const number = (this.#last = (this.#last + 1) >>> 0);
    return new Promise((resolve, reject) => {
      this.#questions.set(number, { resolve, reject, topic, deadline: this.#options.clock.now() + this.#answerMs });
      this.#watch();
      this.#send(encodeFrame(FrameKind.Question, number, textOf(topic, body)));
    });
  }

  /** Tells the other end; nobody answers. */
  tell(topic: string, body: unknown, number = 0): void {
    this.tellEncoded(number, encodeTold(topic, body));
  }

  /** The same with a body that was made before, by {@link encodeTold}, perhaps for several lines. */
  tellEncoded(number: number, told: Uint8Array): void {
    if (!this.#isClosed) this.#send(encodeFrame(FrameKind.Told, number, told));
  }

  /** Ends the line when what was sent has left; what waits for an answer gets none. */
  close(): void {
    if (this.#isClosed) return;
    this.#options.stream.end();
    this.#end();
  }

  #send(frame: Buffer): void {
    const { stream, mostUnreadBytes = 268_435_456 } = this.#options;
    if (!this.#isCorked) {
      this.#isCorked = true;
      stream.cork();
      setImmediate(() => {
        this.#isCorked = false;
        stream.uncork();
      });
    }
    stream.write(frame);
    if (stream.writableLength > mostUnreadBytes) stream.destroy();
  }

  #hear(chunk: Buffer): void {
    for (const frame of this.#framesIn(chunk)) if (!this.#isClosed) this.#take(frame);
  }

  #framesIn(chunk: Buffer): Frame[] {
    try {
      return this.#reader.read(chunk);
    } catch {
      // Whoever writes that is not of this version: nothing after it can be understood.
      this.#options.stream.destroy();
      return [];
    }
  }

  #take({ kind, number, body }: Frame): void {
    switch (kind) {
      case FrameKind.Question:
        return void this.#answer(number, ...partsOf(body));
      case FrameKind.Told:
        return this.#options.told(...partsOf(body), number);
      case FrameKind.Answer:
        return this.#settle(number)?.resolve(body);
      case FrameKind.Failure:
        return this.#settle(number)?.reject(errorOf(body));
    }
  }

  async #answer(number: number, topic: string, json: string): Promise<void> {
    try {
      const answer = await this.#options.asked(topic, json);
      if (!this.#isClosed) this.#send(encodeFrame(FrameKind.Answer, number, JSON.stringify(answer ?? null)));
    } catch (error) {
      if (!this.#isClosed) this.#send(encodeFrame(FrameKind.Failure, number, failureOf(error)));
    }
  }

  #settle(number: number): Question | undefined {
    const question = this.#questions.get(number);
    this.#questions.delete(number);
    return question;
  }

  /** All questions wait equally long: the oldest is the first to be given up. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const [oldest] = this.#questions.values();
    if (oldest === undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        for (const [number, { deadline, topic }] of this.#questions) {
          if (deadline > clock.now()) break;
          this.#settle(number)?.reject(new BrokerError("unreachable", `no answer to ${topic} within ${this.#answerMs} ms`));
        }
        this.#watch();
      },
      Math.max(1, oldest.deadline - clock.now()),
    );
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.clock.clearTimeout(this.#timer);
    const waiting = [...this.#questions.values()];
    this.#questions.clear();
    for (const { reject, topic } of waiting) reject(gone(topic));
    this.#options.closed();
  }
}

/** The body of something told, for {@link Line.tellEncoded}. */
export function encodeTold(topic: string, body: unknown): Buffer {
  return Buffer.from(textOf(topic, body));
}

/** The topic, a space, what is said of it as JSON. */
function textOf(topic: string, body: unknown): string {
  return `${topic} ${JSON.stringify(body)}`;
}

function partsOf(text: string): [topic: string, json: string] {
  const end = text.indexOf(" ");
  return [text.slice(0, end), text.slice(end + 1)];
}

function gone(topic: string): BrokerError {
  return new BrokerError("unreachable", `the other process is gone: no answer to ${topic}`);
}
