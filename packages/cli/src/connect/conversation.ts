import type { ConnectSettings } from "./connect-settings.ts";
import type { Line, LineEnd, OpenLine } from "./line.ts";
import type { Output } from "./output.ts";

/** What a conversation goes by. */
export type ConversationSettings = Pick<ConnectSettings, "reconnect" | "send" | "count" | "forMs" | "quietMs">;

/** A time source; tests bring one that they move. */
export interface ConversationClock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Exit codes of `openline connect`. */
const connectExit = { good: 0, noConnection: 1, refused: 3, closed: 4, lost: 5, tooFew: 6 } as const;

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** A peer that does not answer a close frame is not waited for any longer. */
const closeWaitMs = 2000;

const systemClock: ConversationClock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what setTimeout gave
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/**
 * One talk over one line, or over several where it comes back: sends what is to be sent, counts what comes, and knows when it is over and what came of it.
 */
export class Conversation {
  /** Resolves with the exit code. */
  readonly over: Promise<number>;
  readonly #settings: ConversationSettings;
  readonly #open: OpenLine;
  readonly #output: Output;
  readonly #clock: ConversationClock;
  readonly #random: () => number;
  #line: Line | undefined;
  #isOpen = false;
  #isEnding = false;
  #wasOpen = false;
  #failures = 0;
  #received = 0;
  #retry: unknown;
  #quiet: unknown;
  #limit: unknown;
  #cut: unknown;
  #settle: (code: number) => void = () => {};
  #whenOpen: (() => void)[] = [];

  constructor(
    settings: ConversationSettings,
    open: OpenLine,
    output: Output,
    clock: ConversationClock = systemClock,
    random: () => number = Math.random,
  ) {
    this.#settings = settings;
    this.#open = open;
    this.#output = output;
    this.#clock = clock;
    this.#random = random;
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (settings.forMs !== undefined) this.#limit = clock.setTimeout(() => this.end(), settings.forMs);
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends as soon as there is a line. Resolves when it is on its way, also when it could not be: that is shown. */
  async send(content: string | Buffer): Promise<void> {
    await this.#opened();
    if (this.#isEnding || this.#line === undefined) return;
    try {
      await this.#line.send(content);
      this.#output.sent(content);
    } catch (error) {
      if (!this.#settings.reconnect || error instanceof TypeError) {
        return this.#output.note(`not sent: ${error instanceof Error ? error.message : String(error)}`);
      }
      // The line was lost under it: it goes out over the next one.
      await new Promise<void>((resolve) => this.#whenOpen.push(resolve));
      await this.send(content);
    }
  }

  ping(): void {
    if (this.#isOpen) this.#line?.ping();
    else this.#output.note("there is no connection");
  }

  /** There is nothing more to say: ends when nothing has come for a while. */
  async finish(): Promise<void> {
    await this.#opened();
    if (this.#settings.count === undefined && this.#settings.forMs === undefined) this.#waitForQuiet();
  }

  /** Ends it by ourselves. Answers with what is wrong with the code or reason. */
  end(code?: number, reason?: string): string | undefined {
    if (this.#isEnding) return undefined;
    try {
      if (this.#line !== undefined && (this.#isOpen || code === undefined)) this.#line.close(code ?? 1000, reason);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#isEnding = true;
    if (this.#retry !== undefined) this.#over(this.#wasOpen ? connectExit.good : connectExit.noConnection);
    else this.#cut = this.#clock.setTimeout(() => this.#line?.terminate(), closeWaitMs);
    return undefined;
  }

  #connect(): void {
    this.#retry = undefined;
    const output = this.#output;
    this.#line = this.#open({
      opened: (detail) => {
        output.opened(detail);
        this.#openedNow();
      },
      message: (content) => {
        output.message(content);
        this.#receivedOne();
      },
      pong: (ms) => output.pong(ms),
      note: (text) => output.note(text),
      handshake: (seen) => output.handshake(seen),
      frame: (direction, frame, isCompressed) => output.frame(direction, frame, isCompressed),
      ended: (end) => this.#ended(end),
    });
  }

  #opened(): Promise<void> {
    return this.#isOpen || this.#isEnding ? Promise.resolve() : new Promise((resolve) => this.#whenOpen.push(resolve));
  }

  #openedNow(): void {
    this.#isOpen = true;
    this.#failures = 0;
    const isFirst = !this.#wasOpen;
    this.#wasOpen = true;
    if (isFirst) for (const content of this.#settings.send) void this.send(content);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#whenOpen.splice(0)) resolve();
  }

  #receivedOne(): void {
    this.#received++;
    if (this.#received === this.#settings.count) this.end();
    else if (this.#quiet !== undefined) this.#waitForQuiet();
  }

  #waitForQuiet(): void {
    this.#clock.clearTimeout(this.#quiet);
    this.#quiet = this.#clock.setTimeout(() => this.end(), this.#settings.quietMs);
  }

  #ended(end: LineEnd): void {
    this.#isOpen = false;
    if (this.#isEnding) {
      this.#output.ended(end.kind === "closed" ? end : { kind: "closed", code: 1006, reason: "" });
      return this.#over(this.#wasOpen ? connectExit.good : connectExit.noConnection);
    }
    this.#output.ended(end);
    if (!this.#settings.reconnect || (end.kind === "closed" && end.code === 1000)) return this.#over(exitCodeOf(end));
    // Full jitter: not all come back at once.
    const waitMs = Math.round(this.#random() * Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures++));
    this.#output.note(`trying again in ${waitMs} ms`);
    this.#retry = this.#clock.setTimeout(() => this.#connect(), waitMs);
  }

  #over(code: number): void {
    this.#isEnding = true;
    for (const timer of [this.#retry, this.#quiet, this.#limit, this.#cut]) this.#clock.clearTimeout(timer);
    this.#wake();
    const { count } = this.#settings;
    this.#settle(code === connectExit.good && count !== undefined && this.#received < count ? connectExit.tooFew : code);
  }
}

function exitCodeOf(end: LineEnd): number {
  if (end.kind === "refused" || end.kind === "out") return connectExit.refused;
  if (end.kind === "failed") return connectExit.noConnection;
  if (end.code === 1000 || end.code === 1001 || end.code === 1005) return connectExit.good;
  return end.code === 1006 ? connectExit.lost : connectExit.closed;
}
