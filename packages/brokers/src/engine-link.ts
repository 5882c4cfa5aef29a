import { type Clock, Timer } from "@openline/hub";
import { BrokerError, textOf } from "./broker-error.ts";

/** What becomes of a link to an engine. */
export type EngineEvent =
  | { readonly type: "down"; readonly error: unknown }
  | { readonly type: "up" }
  /** The engine answered with an error of its own. */
  | { readonly type: "fault"; readonly error: unknown };

/** A connection to an engine from its being up to the first sign that it is not. */
export interface EngineSession {
  /** Resolves when the engine has answered. */
  ping(): Promise<void>;
  /** Ends it; what waits for an answer is rejected. */
  destroy(): void;
}

export interface EngineLinkOptions<Session extends EngineSession> {
  /** Connects; calls `lost` when the session breaks, gives up and closes what is open when `signal` says so. */
  readonly open: (lost: (error: unknown) => void, signal: AbortSignal) => Promise<Session>;
  readonly clock: Clock;
  /** The engine and where it is, for messages: "the NATS at nats://host:4222". */
  readonly shown: string;
  /** An engine that does not answer for so long counts as hung. */
  readonly watchdogMs: number;
  /** How long a call waits for the link to be up. */
  readonly patienceMs: number;
  /** How long connecting may take. Default: as long as `watchdogMs`. */
  readonly connectMs?: number;
  /** The link is up, for the first time or again: what happened meanwhile is unknown. */
  readonly up: (session: Session) => void;
  readonly down: (error: unknown) => void;
}

/** A link to an engine that comes back: dials anew with growing pauses after every loss, and notices an engine that accepts everything and answers nothing. */
export class EngineLink<Session extends EngineSession> {
  readonly #options: EngineLinkOptions<Session>;
  readonly #waiting = new Set<() => void>();
  readonly #timer: Timer;
  #due: () => void = () => {};
  #session: Session | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: EngineLinkOptions<Session>) {
    this.#options = options;
    this.#timer = new Timer(options.clock, () => this.#due());
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** The session while the link is up. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Dials once. @throws BrokerError `unreachable`; nothing goes on then */
  async start(): Promise<void> {
    try {
      await this.#dial();
    } catch (error) {
      this.#isClosed = true;
      if (error instanceof BrokerError) throw error;
      throw new BrokerError("unreachable", `cannot use ${this.#options.shown}: ${reasonOf(error)}`, error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
    this.#session?.destroy();
    this.#session = undefined;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves with the session when the link is up. @throws BrokerError `unreachable` when that takes too long, `closed` after `close` */
  async ready(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const { clock, patienceMs, shown } = this.#options;
    if (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clock.clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = clock.setTimeout(wake, patienceMs);
        this.#waiting.add(wake);
      });
    }
    if (this.#isClosed) throw new BrokerError("closed", `the link to ${shown} is closed`);
    if (this.#session === undefined) throw new BrokerError("unreachable", `${shown} cannot be reached since ${patienceMs} ms`);
    return this.#session;
  }

  /** Gives a session up that was found to be of no use: another is dialled. */
  giveUp(session: Session, error: unknown): void {
    if (this.#session === session) this.#lost(error);
  }

  async #dial(): Promise<void> {
    const session = await this.#connect();
    if (this.#isClosed) return session.destroy();
    this.#session = session;
    this.#failures = 0;
    this.#watch(session);
    this.#options.up(session);
    for (const wake of this.#waiting) wake();
  }

  /** An engine may hang amid the greeting too, so the whole has a deadline. */
  async #connect(): Promise<Session> {
    const { clock, watchdogMs, connectMs = watchdogMs } = this.#options;
    const abort = new AbortController();
    let timer: unknown;
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimeout(() => {
        abort.abort();
        reject(new Error(`no answer for ${connectMs} ms while connecting`));
      }, connectMs);
    });
    try {
      return await Promise.race([this.#prepare(abort.signal), late]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #prepare(signal: AbortSignal): Promise<Session> {
    let broken: unknown;
    let session: Session | undefined;
    const lost = (error: unknown): void => {
      broken ??= error ?? new Error("the connection broke");
      if (session !== undefined && this.#session === session) this.#lost(error);
    };
    session = await this.#options.open(lost, signal);
    if (broken === undefined && !signal.aborted) return session;
    session.destroy();
    throw broken ?? new Error("the connection was given up");
  }

  #lost(error: unknown): void {
    this.#session?.destroy();
    this.#session = undefined;
    if (this.#isClosed) return;
    this.#timer.clear();
    this.#options.down(error);
    this.#redial();
  }

  #after(delayMs: number, due: () => void): void {
    this.#due = due;
    this.#timer.set(delayMs);
  }

  /** 50 ms and then twice as long each time up to half a second, each somewhat by chance, so that many nodes do not come at once. */
  #redial(): void {
    const pauseMs = Math.min(50 * 2 ** this.#failures++, 500) * (0.75 + Math.random() / 2);
    this.#after(pauseMs, () => {
      this.#dial().catch(() => {
        if (!this.#isClosed) this.#redial();
      });
    });
  }

  /** Drivers' own time-outs begin anew with everything that is written, or come after minutes. */
  #watch(session: Session): void {
    const { watchdogMs } = this.#options;
    this.#after(watchdogMs / 3, () => {
      const bark = (error: unknown): void => this.giveUp(session, error);
      this.#after(watchdogMs, () => bark(new Error(`no answer for ${watchdogMs} ms`)));
      this.#answered(session).catch(bark);
    });
  }

  async #answered(session: Session): Promise<void> {
    await session.ping();
    if (this.#session === session) this.#watch(session);
  }
}

/** The most telling line of what a driver threw. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const text = textOf(error);
  if (/authoriz|access.refused|SASL|WRONGPASS|NOAUTH|invalid username-password/i.test(text)) return "it refuses the user name or password";
  return text === "" ? "no connection" : text;
}
