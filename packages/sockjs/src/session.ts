import type { Clock } from "./clock.ts";
import type { EncodedMessage } from "./frames.ts";
import type { Receiver } from "./receiver.ts";
import { type SessionEnd, SessionMachine, type SessionTimes, type WriteVerdict } from "./session-machine.ts";

/** What a {@link Session} is made with. */
export interface SessionSettings {
  readonly times: SessionTimes;
  readonly maxQueuedBytes: number;
  readonly clock: Clock;
}

/** What a session tells its owner. */
export interface SessionEvents {
  /** The open frame is out. */
  opened(): void;
  messages(messages: readonly string[]): void;
  /** There is room again, after a `write` that left something. */
  drained(): void;
  /** Called once: the client knows, or cannot be told. */
  ended(end: SessionEnd): void;
  /** Called once, after `ended`: nothing of it is left. */
  gone(): void;
}

const interrupted: SessionEnd = { code: 1006, reason: "Connection interrupted" };

/** A {@link SessionMachine} with its receiver and its timer. */
export class Session {
  readonly #machine: SessionMachine;
  readonly #clock: Clock;
  readonly #events: SessionEvents;
  #receiver: Receiver | undefined;
  #timer: unknown;
  #timerAt: number | undefined;
  #isWaited = false;
  #hasEnded = false;
  #isGone = false;

  constructor({ times, maxQueuedBytes, clock }: SessionSettings, events: SessionEvents) {
    this.#machine = new SessionMachine(times, maxQueuedBytes);
    this.#clock = clock;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#machine.phase === "open";
  }

  /** Bytes of messages that the network has not taken. */
  get bufferedBytes(): number {
    return this.#machine.queuedBytes + (this.#receiver?.bufferedBytes ?? 0);
  }

  /** Gives the session a receiver, which gets what waits at once. False when it has one: this one is not touched then. */
  attach(receiver: Receiver): boolean {
    if (!this.#machine.attach(this.#clock.now())) return false;
    this.#receiver = receiver;
    this.#settle();
    return true;
  }

  /** `receiver` takes more. */
  ready(receiver: Receiver): void {
    if (receiver === this.#receiver) this.#settle();
  }

  /** The client's end of `receiver` is gone. */
  lost(receiver: Receiver, end: SessionEnd = interrupted): void {
    if (receiver !== this.#receiver) return;
    this.#receiver = undefined;
    this.#machine.detach(this.#clock.now(), end);
    this.#settle();
  }

  /** Queues a message, and sends it when there is a receiver that takes it. */
  write(message: EncodedMessage): WriteVerdict {
    const verdict = this.#machine.write(message, this.#clock.now());
    if (verdict !== "closed") this.#settle();
    if (verdict === "taken" && this.bufferedBytes > 0) this.#isWaited = true;
    return verdict;
  }

  /** Messages came from the client. */
  receive(messages: readonly string[]): void {
    const forApplication = this.#machine.receive(messages);
    this.#settle();
    if (forApplication.length > 0) this.#events.messages(forApplication);
  }

  /** Closes the session; what waits is delivered first. False when it was closed before. */
  close(code: number, reason: string): boolean {
    const closed = this.#machine.close({ code, reason }, this.#clock.now());
    if (closed) this.#settle();
    return closed;
  }

  /** Ends the session and its receiver without a word. */
  destroy(end: SessionEnd): void {
    this.#machine.drop(end);
    this.#settle();
  }

  #settle(): void {
    const opened = this.#pump();
    this.#arm();
    if (opened) this.#events.opened();
    this.#tellDrain();
    this.#tellEnd();
  }

  /** True when the open frame was among what was sent. */
  #pump(): boolean {
    const wasConnecting = this.#machine.phase === "connecting";
    while (this.#receiver !== undefined && !this.#receiver.isBlocked) {
      const now = this.#clock.now();
      const frame = this.#machine.next(now);
      if (frame === undefined) break;
      const receiver = this.#receiver;
      const stays = receiver.send(frame.text);
      if (stays && !frame.last) continue;
      this.#receiver = undefined;
      this.#machine.detach(now);
      if (stays) receiver.end();
      if (frame.last) this.#end();
    }
    return wasConnecting && this.#machine.phase !== "connecting";
  }

  #tellDrain(): void {
    // A receiver that takes more may still hold some bytes, and says nothing when those have gone, too.
    if (!this.#isWaited || this.#machine.queuedBytes > 0 || this.#receiver?.isBlocked === true) return;
    this.#isWaited = false;
    if (this.isOpen) this.#events.drained();
  }

  #tellEnd(): void {
    if (this.#machine.phase !== "gone" || this.#isGone) return;
    this.#isGone = true;
    // Only one that took nothing more, not even the close frame, is still there.
    this.#receiver?.destroy();
    this.#receiver = undefined;
    this.#end();
    this.#events.gone();
  }

  #end(): void {
    if (this.#hasEnded || this.#machine.end === undefined) return;
    this.#hasEnded = true;
    this.#events.ended(this.#machine.end);
  }

  // One timer that looks when it rings: a deadline that moves away costs nothing, one that comes nearer sets it anew.
  #arm(): void {
    const { deadline } = this.#machine;
    if (deadline === undefined ? this.#machine.phase !== "gone" : this.#timerAt !== undefined && this.#timerAt <= deadline) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = deadline;
    if (deadline !== undefined) this.#timer = this.#clock.setTimeout(this.#ring, Math.max(0, deadline - this.#clock.now()));
  }

  readonly #ring = (): void => {
    this.#timerAt = undefined;
    const { deadline } = this.#machine;
    if (deadline !== undefined && deadline <= this.#clock.now()) this.#machine.tick(this.#clock.now());
    this.#settle();
  };
}
