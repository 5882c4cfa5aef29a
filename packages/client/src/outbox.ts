import { type Limits, utf8Length } from "@openline/wire";
import { ClientError } from "./errors.ts";
import type { OutboundLimit } from "./options.ts";
import type { Clock } from "./platform.ts";

/** What became of a publish. */
export interface PublishResult {
  /** Where it is stored; missing for an ephemeral message. */
  readonly position?: string;
  /** The server had it already, under the same id. */
  readonly duplicate?: boolean;
  /** An ephemeral message that was not sent, because there was no connection or the network was behind. */
  readonly dropped?: boolean;
}

/** What the outbox needs of the world. */
export interface OutboxLink {
  readonly clock: Clock;
  /** Returns whether the link is up. */
  send(text: string): boolean;
  /** How long a message with an unknown outcome waits before its retry. */
  retryDelayMs(attempt: number): number;
}

/** What the outbox needs to know of a new connection. */
export interface OutboxTerms {
  readonly limits: Limits;
  /** Whether the server knows this session, and with it the ids that were published. */
  readonly resumed: boolean;
  /** For how long a text may lie in the network before the connection is given up. */
  readonly transitMs: number;
}

interface Entry {
  readonly ref: number;
  readonly room: string;
  readonly text: string;
  readonly bytes: number;
  readonly resolve: (result: PublishResult) => void;
  readonly reject: (error: ClientError) => void;
  state: "waiting" | "sent" | "held";
  firstSentAt: number | undefined;
  retries: number;
  timer: unknown;
}

/**
 * The stored publishes that the server has not acknowledged, oldest first. They go out in that order; after a reconnect the unanswered
 * ones go again, with the same id, before anything later. While the retry of an unknown outcome is not settled, later ones to that room wait.
 */
export class Outbox {
  readonly #link: OutboxLink;
  readonly #limit: OutboundLimit;
  readonly #entries = new Map<number, Entry>();
  /** Per room, the entry whose retry is not settled. */
  readonly #unsettled = new Map<string, Entry>();
  #bytes = 0;
  #limits: Limits | undefined;

  constructor(link: OutboxLink, limit: OutboundLimit) {
    this.#link = link;
    this.#limit = limit;
  }

  /** How many wait for their acknowledgement. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Takes one encoded publish and sends it when the link is up.
   * The promise rejects with `queue-full`, `too-large`, `unknown`, `closed`, or the server's code.
   */
  add(ref: number, room: string, text: string): Promise<PublishResult> {
    return new Promise((resolve, reject) => {
      const bytes = utf8Length(text);
      const fault = this.#fault(bytes);
      if (fault !== undefined) {
        reject(fault);
        return;
      }
      const entry: Entry = {
        ref,
        room,
        text,
        bytes,
        resolve,
        reject,
        state: "waiting",
        firstSentAt: undefined,
        retries: 0,
        timer: undefined,
      };
      this.#entries.set(ref, entry);
      this.#bytes += bytes;
      if (!this.#unsettled.has(room)) this.#send(entry);
    });
  }

  /** The link is up: what was never answered goes again, what can no longer be told from a new message ends as `unknown`. */
  up({ limits, resumed, transitMs }: OutboxTerms): void {
    this.#limits = limits;
    // A retry may lie in the network while the server's window closes: what would arrive too late is not sent.
    const safeMs = limits.idempotencyWindowMs - Math.min(transitMs, limits.idempotencyWindowMs / 2);
    const oldest = resumed ? this.#link.clock.now() - safeMs : Number.POSITIVE_INFINITY;
    // An entry that is removed on the way is not visited again; none is added.
    for (const entry of this.#entries.values()) {
      this.#release(entry);
      if (entry.firstSentAt !== undefined && entry.firstSentAt <= oldest) this.#fail(entry, unknownFault(resumed, safeMs));
      else if (entry.bytes > limits.messageBytes) this.#fail(entry, tooLarge(entry.bytes, limits.messageBytes));
    }
    this.#flush();
  }

  /** The server's answer. Returns whether `ref` was one of these. */
  settle(ref: number, result: PublishResult): boolean {
    const entry = this.#entries.get(ref);
    if (entry === undefined) return false;
    entry.resolve(result);
    if (this.#remove(entry)) this.#flush();
    return true;
  }

  /** The server's refusal. Returns whether `ref` was one of these. */
  refuse(ref: number, error: ClientError): boolean {
    const entry = this.#entries.get(ref);
    if (entry === undefined) return false;
    if (error.code === "unknown-outcome") this.#retryLater(entry);
    else if (this.#fail(entry, error)) this.#flush();
    return true;
  }

  /** The client closes: what was sent has an unknown outcome, the rest was never sent. */
  close(reason: string): void {
    for (const entry of this.#entries.values()) {
      this.#release(entry);
      const sent = entry.firstSentAt !== undefined;
      this.#fail(
        entry,
        sent ? new ClientError("unknown", `the client was closed before the answer came: ${reason}`) : new ClientError("closed", reason),
      );
    }
  }

  #fault(bytes: number): ClientError | undefined {
    const { messages, bytes: mostBytes } = this.#limit;
    if (this.#limits !== undefined && bytes > this.#limits.messageBytes) return tooLarge(bytes, this.#limits.messageBytes);
    if (this.#entries.size >= messages)
      return queueFull(`${messages} messages wait for acknowledgement, outboundLimit.messages is ${messages}`);
    if (this.#bytes + bytes <= mostBytes) return undefined;
    return queueFull(`${this.#bytes} bytes wait and this message has ${bytes}, outboundLimit.bytes is ${mostBytes}`);
  }

  #send(entry: Entry): void {
    if (!this.#link.send(entry.text)) return;
    entry.state = "sent";
    entry.firstSentAt ??= this.#link.clock.now();
  }

  #flush(): void {
    for (const entry of this.#entries.values()) {
      const ahead = this.#unsettled.get(entry.room);
      if (entry.state === "waiting" && (ahead === undefined || ahead === entry)) this.#send(entry);
    }
  }

  #retryLater(entry: Entry): void {
    entry.state = "waiting";
    const ahead = this.#unsettled.get(entry.room) ?? entry;
    this.#unsettled.set(entry.room, ahead);
    if (ahead !== entry) return;
    entry.state = "held";
    entry.timer = this.#link.clock.setTimeout(
      () => {
        this.#retry(entry);
      },
      this.#link.retryDelayMs(entry.retries++),
    );
  }

  #retry(entry: Entry): void {
    const windowMs = this.#limits?.idempotencyWindowMs ?? 0;
    entry.state = "waiting";
    if (this.#link.clock.now() - (entry.firstSentAt ?? 0) < windowMs) this.#send(entry);
    else if (this.#fail(entry, unknownFault(true, windowMs))) this.#flush();
  }

  /** Back to "waiting", whatever was under way on the old connection. */
  #release(entry: Entry): void {
    this.#link.clock.clearTimeout(entry.timer);
    entry.state = "waiting";
  }

  #fail(entry: Entry, error: ClientError): boolean {
    entry.reject(error);
    return this.#remove(entry);
  }

  /** Returns whether later ones to the room waited for this one. */
  #remove(entry: Entry): boolean {
    this.#entries.delete(entry.ref);
    this.#bytes -= entry.bytes;
    return this.#unsettled.get(entry.room) === entry && this.#unsettled.delete(entry.room);
  }
}

function queueFull(detail: string): ClientError {
  return new ClientError("queue-full", detail);
}

function tooLarge(bytes: number, limit: number): ClientError {
  return new ClientError("too-large", `the message has ${bytes} bytes, the server takes ${limit}`);
}

function unknownFault(resumed: boolean, windowMs: number): ClientError {
  const why = resumed ? `no answer came within ${windowMs} ms` : "the server has forgotten the session";
  return new ClientError("unknown", `${why}; the message may or may not be stored`);
}
