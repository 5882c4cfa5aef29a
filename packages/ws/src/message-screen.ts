import type { ProtocolError } from "@openline/protocol";
import type { ConnectionOwner } from "./connection-owner.ts";
import { type HandlerErrorPolicy, reportHandlerError } from "./handler-errors.ts";
import { CheckedMessage, type MessageCheck, type MessageVerdict, passOn } from "./message-checks.ts";
import { asBuffer } from "./payload.ts";
import type { TextHeartbeat } from "./text-heartbeat.ts";
import type { WebSocket } from "./websocket.ts";

/** What is done with messages before the application sees them. */
export interface ScreenRules {
  readonly accept: "text" | "binary" | "both";
  readonly heartbeat: TextHeartbeat | undefined;
  readonly checks: readonly MessageCheck[];
  readonly onHandlerError: HandlerErrorPolicy;
}

/** What a {@link MessageScreen} asks of the connection; `Connection` fits. */
export interface ScreenedConnection {
  readonly machine: { sendHeartbeat(text: string): void; discountMessage(): void };
  close(code: number, reason: string): void;
  pause(): void;
  resume(): void;
  touch(): void;
}

interface Outcome {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/**
 * Stands between a connection and the object that emits its events: the kinds of messages that are accepted, heartbeats in texts, the chain of checks. Order is
 * kept: while a check takes its time nothing is read, and even the end of the connection is told only after the messages that came before it.
 */
export class MessageScreen implements ConnectionOwner {
  readonly #inner: ConnectionOwner<WebSocket>;
  readonly #websocket: WebSocket;
  readonly #rules: ScreenRules;
  #connection: ScreenedConnection | undefined;
  /** A check has not answered yet. */
  #isWaiting = false;
  /** The application gets no more messages: one of them closed the connection. */
  #isShut = false;
  /** What came while a check was waited for: only the rest of what had been read when the transport was lost. */
  #behind: CheckedMessage[] = [];
  #outcome: Outcome | undefined;

  constructor(inner: ConnectionOwner<WebSocket>, websocket: WebSocket, rules: ScreenRules) {
    this.#inner = inner;
    this.#websocket = websocket;
    this.#rules = rules;
  }

  /** Says which connection the messages come from. */
  attach(connection: ScreenedConnection): void {
    this.#connection = connection;
  }

  /** A listener of the application has thrown: 1011, and nothing more is given to it. */
  readonly handlerThrew = (error: unknown): void => this.#shut(1011, "internal error", error);

  received(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean): void {
    if (this.#isShut) return;
    const { accept, heartbeat, checks } = this.#rules;
    if (accept !== "both" && isBinary !== (accept === "binary")) return this.refuseKind();
    if (heartbeat !== undefined && !isBinary && this.#answer(heartbeat, data, fragments)) return;
    if (checks.length === 0) return this.#inner.received(data, fragments, isBinary, isOwned, this.#websocket);
    const bytes = fragments === undefined ? data : Buffer.concat(fragments);
    const message = new CheckedMessage(isOwned || fragments !== undefined ? asBuffer(bytes) : Buffer.from(bytes), isBinary);
    if (this.#isWaiting) this.#behind.push(message);
    else this.#check(message, 0);
  }

  /** The peer sent a kind of message that is not accepted here (RFC 6455 §7.4.1). */
  refuseKind(): void {
    this.#shut(1003, `only ${this.#rules.accept} messages are accepted`);
  }

  pinged(data: Uint8Array): void {
    this.#inner.pinged(data, this.#websocket);
  }

  ponged(data: Uint8Array): void {
    this.#inner.ponged(data, this.#websocket);
  }

  drained(): void {
    this.#inner.drained(this.#websocket);
  }

  failed(error: ProtocolError): void {
    this.#inner.failed(error, this.#websocket);
  }

  closed(code: number, reason: string, wasClean: boolean): void {
    this.#outcome = { code, reason, wasClean };
    this.#finish();
  }

  #answer(heartbeat: TextHeartbeat, data: Uint8Array, fragments: readonly Uint8Array[] | undefined): boolean {
    const reply = heartbeat.answerTo(fragments === undefined ? data : Buffer.concat(fragments));
    const connection = this.#connection;
    if (reply === undefined || connection === undefined) return false;
    connection.machine.discountMessage();
    connection.machine.sendHeartbeat(reply);
    connection.touch();
    return true;
  }

  #check(first: CheckedMessage, from: number): void {
    const { checks } = this.#rules;
    let message: CheckedMessage | undefined = first;
    for (let at = from; at < checks.length && message !== undefined; at++) {
      const verdict = this.#ask(checks[at], message);
      if (verdict instanceof Promise) return this.#wait(verdict, message, at + 1);
      message = this.#judge(message, verdict);
    }
    if (message !== undefined) this.#inner.received(message.data, undefined, message.isBinary, true, this.#websocket);
  }

  #ask(check: MessageCheck | undefined, message: CheckedMessage): MessageVerdict | Promise<MessageVerdict> {
    try {
      return check?.(message, this.#websocket);
    } catch (error) {
      this.#shut(1011, "internal error", error);
      return { drop: true };
    }
  }

  #judge(message: CheckedMessage, verdict: MessageVerdict): CheckedMessage | undefined {
    if (verdict === undefined || !("close" in verdict)) return passOn(message, verdict);
    this.#shut(verdict.close, verdict.reason ?? "");
    return undefined;
  }

  #wait(verdict: Promise<MessageVerdict>, message: CheckedMessage, next: number): void {
    this.#isWaiting = true;
    this.#connection?.pause();
    const goOn = (answer: MessageVerdict): void => {
      const passed = this.#judge(message, answer);
      if (passed !== undefined && !this.#isShut) this.#check(passed, next);
    };
    verdict.then(
      (answer) => this.#resume(() => goOn(answer)),
      (error: unknown) => this.#resume(() => this.#shut(1011, "internal error", error)),
    );
  }

  #resume(step: () => void): void {
    this.#isWaiting = false;
    this.#connection?.resume();
    this.#attempt(step);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const message = next;
      this.#attempt(() => this.#check(message, 0));
    }
    this.#attempt(() => this.#finish());
  }

  // A listener's fault in the policy `throw` comes up here, within a promise, where it would look like a rejection.
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      reportHandlerError("throw", error, this.#websocket);
    }
  }

  #next(): CheckedMessage | undefined {
    return this.#isWaiting || this.#isShut ? undefined : this.#behind.shift();
  }

  #shut(code: number, reason: string, error?: unknown): void {
    if (!this.#isShut) this.#connection?.close(code, reason);
    this.#isShut = true;
    this.#behind = [];
    if (error !== undefined) reportHandlerError(this.#rules.onHandlerError, error, this.#websocket);
  }

  #finish(): void {
    const outcome = this.#outcome;
    if (outcome === undefined || this.#isWaiting) return;
    this.#outcome = undefined;
    this.#inner.closed(outcome.code, outcome.reason, outcome.wasClean, this.#websocket);
  }
}
