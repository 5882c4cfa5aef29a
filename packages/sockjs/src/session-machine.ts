import { closeFrame, type EncodedMessage, heartbeatFrame, messagesFrame, openFrame } from "./frames.ts";

/** How long a session waits for what. Units: milliseconds. */
export interface SessionTimes {
  /** From a receiver's arrival to a heartbeat, and from one to the next. 0: none. */
  readonly heartbeatMs: number;
  /** How long a heartbeat may go without the client's answer. 0: none is expected. */
  readonly replyMs: number;
  /** How long a session stays without a receiver, and how long a closed one tells that it is. */
  readonly disconnectMs: number;
}

/** `connecting`: nothing was sent yet. `closing`: every receiver is told so. `gone`: forgotten. */
export type SessionPhase = "connecting" | "open" | "closing" | "gone";

/** Why a session ended. Code 1006 is never sent: the client was lost. */
export interface SessionEnd {
  readonly code: number;
  readonly reason: string;
}

/** One frame for the receiver. After the `last` one the receiver ends. */
export interface SessionFrame {
  readonly text: string;
  readonly last: boolean;
}

/** What becomes of a message. `overflow`: more waits than is allowed, and the session closes. */
export type WriteVerdict = "taken" | "closed" | "overflow";

const noReply: SessionEnd = { code: 3000, reason: "No response from heartbeat" };
const notBack: SessionEnd = { code: 1006, reason: "The client did not come back" };
/** How a connection ends whose client does not read what waits for it. */
export const overflow: SessionEnd = { code: 1008, reason: "Too many messages are waiting" };

/**
 * A session without sockets and without a clock: receivers come and go, messages wait in between, deadlines pass. Frames are pulled with
 * {@link SessionMachine.next} for as long as the receiver takes them; after every call look at {@link SessionMachine.deadline} and call
 * {@link SessionMachine.tick} when it has come.
 */
export class SessionMachine {
  readonly #times: SessionTimes;
  readonly #maxQueuedBytes: number;
  #phase: SessionPhase = "connecting";
  #hasReceiver = false;
  #queue: EncodedMessage[] = [];
  #queuedBytes = 0;
  #isHeartbeatDue = false;
  #heartbeatAt: number | undefined;
  #replyBy: number | undefined;
  #goneAt: number | undefined;
  #end: SessionEnd | undefined;

  /** Over `maxQueuedBytes` a session closes; a single message is always taken into an empty queue. */
  constructor(times: SessionTimes, maxQueuedBytes: number) {
    this.#times = times;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Why it is closing or gone; undefined before. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** When to call `tick`; undefined when nothing is waited for. */
  get deadline(): number | undefined {
    const times = [this.#heartbeatAt, this.#replyBy, this.#goneAt].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A receiver came. False when another one is there: only one may wait. */
  attach(now: number): boolean {
    if (this.#hasReceiver) return false;
    this.#hasReceiver = true;
    if (this.#phase === "closing" || this.#phase === "gone") return true;
    this.#goneAt = undefined;
    this.#isHeartbeatDue = false;
    if (this.#times.heartbeatMs > 0) this.#heartbeatAt = now + this.#times.heartbeatMs;
    return true;
  }

  /** The receiver is gone: as its transport ends it, or `lost` with the client, which ends an open session at once. */
  detach(now: number, lost?: SessionEnd): void {
    if (!this.#hasReceiver) return;
    this.#hasReceiver = false;
    this.#heartbeatAt = undefined;
    this.#isHeartbeatDue = false;
    if (this.#phase === "closing" || this.#phase === "gone") return;
    if (lost !== undefined) this.drop(lost);
    else this.#goneAt = now + this.#times.disconnectMs;
  }

  /** The next frame for the receiver, when there is one of either. */
  next(now: number): SessionFrame | undefined {
    if (!this.#hasReceiver || this.#phase === "gone") return undefined;
    if (this.#phase === "connecting") return this.#open();
    if (this.#queue.length > 0) return this.#messages();
    if (this.#phase === "closing" && this.#end !== undefined) return { text: closeFrame(this.#end.code, this.#end.reason), last: true };
    return this.#isHeartbeatDue ? this.#heartbeat(now) : undefined;
  }

  /** Queues a message. */
  write(message: EncodedMessage, now: number): WriteVerdict {
    if (this.#phase !== "open") return "closed";
    if (this.#queue.length > 0 && this.#queuedBytes + message.bytes > this.#maxQueuedBytes) {
      this.#forgetQueue();
      this.#close(overflow, now);
      return "overflow";
    }
    this.#queue.push(message);
    this.#queuedBytes += message.bytes;
    return "taken";
  }

  /** What of a client's messages is for the application: all, without its answers to heartbeats where these are expected. Empty unless open. */
  receive(messages: readonly string[]): readonly string[] {
    if (this.#phase !== "open") return [];
    if (this.#times.replyMs === 0) return messages;
    const others = messages.filter((message) => message !== heartbeatFrame);
    if (messages.length === 0 || others.length < messages.length) this.#replyBy = undefined;
    return others;
  }

  /** Closes the session: what waits is delivered first. False when it was closed before. */
  close(end: SessionEnd, now: number): boolean {
    if (this.#phase !== "open" && this.#phase !== "connecting") return false;
    this.#close(end, now);
    return true;
  }

  /** Ends the session without a word to the client. */
  drop(end: SessionEnd): void {
    this.#phase = "gone";
    this.#end ??= end;
    this.#heartbeatAt = undefined;
    this.#replyBy = undefined;
    this.#goneAt = undefined;
    this.#forgetQueue();
  }

  /** The time has come to look at the deadlines. */
  tick(now: number): void {
    if (this.#goneAt !== undefined && this.#goneAt <= now) return this.drop(notBack);
    if (this.#replyBy !== undefined && this.#replyBy <= now) return this.#close(noReply, now);
    if (this.#heartbeatAt === undefined || this.#heartbeatAt > now) return;
    this.#isHeartbeatDue = true;
    this.#heartbeatAt = now + this.#times.heartbeatMs;
  }

  #open(): SessionFrame {
    this.#phase = "open";
    return { text: openFrame, last: false };
  }

  #messages(): SessionFrame {
    const text = messagesFrame(this.#queue);
    this.#forgetQueue();
    return { text, last: false };
  }

  #heartbeat(now: number): SessionFrame {
    this.#isHeartbeatDue = false;
    // The oldest heartbeat without an answer counts, also when its poll has ended.
    if (this.#times.replyMs > 0) this.#replyBy ??= now + this.#times.replyMs;
    return { text: heartbeatFrame, last: false };
  }

  #close(end: SessionEnd, now: number): void {
    this.#phase = "closing";
    this.#end = end;
    this.#heartbeatAt = undefined;
    this.#replyBy = undefined;
    this.#goneAt = now + this.#times.disconnectMs;
  }

  #forgetQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}
