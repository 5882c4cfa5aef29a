import type { NatsMessage, NatsSession } from "./nats-session.ts";

/** What of a stream's configuration is used. Times in nanoseconds. */
export interface StreamConfig {
  readonly name: string;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly max_msgs_per_subject: number;
  readonly max_age: number;
  readonly duplicate_window: number;
}

export interface StreamInfo {
  /** All of it, unknown fields too: an update must give everything. */
  readonly config: StreamConfig;
  readonly state: {
    readonly first_seq: number;
    readonly last_seq: number;
    readonly num_deleted?: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
}

/** A stored text. */
export interface StoredText {
  readonly seq: number;
  readonly text: string;
}

/** JetStream refused. `code` is its `err_code`. */
export class JetStreamError extends Error {
  override readonly name = "JetStreamError";
  readonly code: number;

  constructor(code: number, description: string) {
    super(`JetStream: ${description}`);
    this.code = code;
  }
}

/** Codes of JetStream's errors: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
export const jetStreamCodes = { noMessage: 10037, streamNotFound: 10059, streamNameInUse: 10058 } as const;

/** The few calls of JetStream's API that are used, as of nats-server 2.9. */
export class JetStream {
  readonly #session: NatsSession;

  constructor(session: NatsSession) {
    this.#session = session;
  }

  async create(config: StreamConfig): Promise<StreamInfo> {
    return await this.#ask<StreamInfo>(`STREAM.CREATE.${config.name}`, config);
  }

  async update(config: StreamConfig): Promise<StreamInfo> {
    return await this.#ask<StreamInfo>(`STREAM.UPDATE.${config.name}`, config);
  }

  async info(stream: string): Promise<StreamInfo> {
    return await this.#ask<StreamInfo>(`STREAM.INFO.${stream}`, undefined);
  }

  /** Subject -> how many messages, of all subjects that fit. */
  async subjects(stream: string, filter: string): Promise<ReadonlyMap<string, number>> {
    const all = new Map<string, number>();
    for (;;) {
      const { state } = await this.#ask<StreamInfo>(`STREAM.INFO.${stream}`, { subjects_filter: filter, offset: all.size });
      const page = Object.entries(state.subjects ?? {});
      for (const [subject, count] of page) all.set(subject, count);
      // A page has 100,000.
      if (page.length < 100_000) return all;
    }
  }

  /** Lets go of everything below `seq`. */
  async purge(stream: string, seq: number): Promise<void> {
    await this.#ask(`STREAM.PURGE.${stream}`, { seq });
  }

  /** The leader answers, not any copy: a copy may be behind. */
  async message(stream: string, which: { last_by_subj: string } | { seq: number; next_by_subj?: string }): Promise<StoredText | undefined> {
    try {
      const { message } = await this.#ask<{ message: { seq: number; data?: string } }>(`STREAM.MSG.GET.${stream}`, which);
      return { seq: message.seq, text: Buffer.from(message.data ?? "", "base64").toString() };
    } catch (error) {
      if (error instanceof JetStreamError && error.code === jetStreamCodes.noMessage) return undefined;
      throw error;
    }
  }

  /** What a subject has from `seq` on, oldest first, `limit` at most. A consumer that lives as long as the page: one round trip and then a stream. */
  async page(stream: string, subject: string, seq: number, limit: number, deadlineMs: number): Promise<StoredText[]> {
    const texts: StoredText[] = [];
    const box = this.#session.inbox();
    let name: string | undefined;
    const { promise: whole, resolve: done } = deferred();
    const stop = this.#session.subscribe(box, (message) => {
      const { seq: at, pending } = readAck(message);
      if (at === undefined || texts.length >= limit) return;
      texts.push({ seq: at, text: message.text });
      if (pending === 0 || texts.length >= limit) done();
    });
    try {
      const config = {
        deliver_subject: box,
        deliver_policy: "by_start_sequence",
        opt_start_seq: Math.max(1, seq),
        filter_subject: subject,
        ack_policy: "none",
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: 5e9,
      };
      const made = await this.#ask<ConsumerInfo>(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
      name = made.name;
      if (made.num_pending + made.delivered.consumer_seq > 0) await this.#within(whole, deadlineMs, () => texts.length);
      return texts;
    } finally {
      stop();
      if (name !== undefined) this.#session.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, "");
    }
  }

  /** As long as something comes, it is waited for; a connection that breaks meanwhile brings nothing more. */
  async #within(whole: Promise<void>, deadlineMs: number, progress: () => number): Promise<void> {
    for (let seen = -1; progress() > seen; ) {
      seen = progress();
      const end = await this.#endOf(whole, deadlineMs);
      if (end === "whole") return;
      if (end === "over") break;
    }
    throw new Error("the history did not come from NATS");
  }

  async #endOf(whole: Promise<void>, deadlineMs: number): Promise<"whole" | "late" | "over"> {
    const { promise: end, resolve } = deferred<"whole" | "late" | "over">();
    const timer = setTimeout(() => resolve("late"), deadlineMs);
    const forget = this.#session.onEnd(() => resolve("over"));
    void whole.then(() => resolve("whole"));
    try {
      return await end;
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  async #ask<Answer extends object>(what: string, body: unknown): Promise<Answer> {
    const { text } = await this.#session.request(`$JS.API.${what}`, body === undefined ? "" : JSON.stringify(body));
    return readAnswer<Answer>(text);
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value = void>(): Deferred<Value> {
  const resolvers: ((value: Value) => void)[] = [];
  const promise = new Promise<Value>((resolve) => resolvers.push(resolve));
  return { promise, resolve: (value) => resolvers.forEach((resolve) => resolve(value)) };
}

interface ConsumerInfo {
  readonly name: string;
  readonly num_pending: number;
  readonly delivered: { readonly consumer_seq: number };
}

interface Refusal {
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

/** What a JSON answer of JetStream holds; that its fields are as its documentation has them is believed. @throws JetStreamError when it is an error */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it asked for
export function readAnswer<Answer extends object>(text: string): Answer {
  const answer: (Answer & Refusal) | null = JSON.parse(text);
  if (answer === null) throw new Error(`JetStream answered ${text}`);
  const { error } = answer;
  if (error !== undefined) throw new JetStreamError(error.err_code ?? 0, error.description ?? "an error");
  return answer;
}

/** `$JS.ACK.stream.consumer.delivered.seq.consumer-seq.time.pending`, with domain and account before the stream in the newer form. */
function readAck({ reply }: NatsMessage): { seq: number | undefined; pending: number } {
  const parts = reply?.split(".") ?? [];
  if (parts[0] !== "$JS" || parts[1] !== "ACK") return { seq: undefined, pending: 0 };
  const from = parts.length > 9 ? 4 : 2;
  return { seq: Number(parts[from + 3]), pending: Number(parts[from + 6]) };
}
