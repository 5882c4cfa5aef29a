import type { ServerMessage } from "@openline/wire";
import type { Heard } from "../heard.ts";
import { type Problem, refusalProblem } from "../problems.ts";
import type { RoomListener } from "./room-reader.ts";

/** What a poll asks for. */
export interface Poll {
  readonly room: string;
  readonly after: string | undefined;
  /** How long it waits for a first message. */
  readonly waitMs: number;
  /** Most messages in its answer. */
  readonly limit: number;
}

/** How long the hub may take to open the room, whatever the poll may wait: only then does an empty answer mean that nothing is there. */
const openMs = 10_000;

type Message = Extract<ServerMessage, { type: "message" }>;

/** The answer to a poll. */
export interface PollAnswer {
  readonly room: string;
  readonly messages: readonly Omit<Message, "type" | "room">[];
  /** Where the client stands: the `after` of its next poll. */
  readonly position: string;
  /** Nothing more was there when it was answered. */
  readonly complete: boolean;
}

/** Hears a room until there is something to answer a poll with, or its time is over. */
export class LongPoll implements RoomListener {
  readonly kind = "long-poll";
  readonly answer: Promise<PollAnswer | { readonly problem: Problem }>;
  readonly #poll: Poll;
  readonly #messages: Omit<Message, "type" | "room">[] = [];
  readonly #dueAt: number;
  #timer: NodeJS.Timeout;
  #resolve!: (answer: PollAnswer | { readonly problem: Problem }) => void;
  #position: string | undefined;
  /** Messages of the replay that have not come yet. */
  #expected = 0;
  #isComplete = true;
  #isOver = false;

  constructor(poll: Poll) {
    this.#poll = poll;
    this.#position = poll.after;
    this.answer = new Promise((resolve) => (this.#resolve = resolve));
    this.#dueAt = performance.now() + poll.waitMs;
    this.#timer = setTimeout(() => this.#end({ problem: tooSlow }), Math.max(poll.waitMs, openMs));
  }

  hear({ message }: Heard): boolean {
    // What comes in the turn of the answer is for the next poll, which asks from where the answer stands.
    if (this.#isOver) return true;
    // An error that answers nothing asked announces the end, which `ended` hears.
    if (message?.type === "error" && message.ref !== undefined) this.#end({ problem: refusalProblem(message) });
    else if (message?.type === "joined") this.#joined(message);
    else if (message?.type === "message") this.#take(message);
    // The next poll asks from where this one stood, and is told what cannot be had.
    else if (message?.type === "gap" || message?.type === "insufficient" || message?.type === "left") this.#finish();
    return true;
  }

  ended(_code: number, reason: string): void {
    if (this.#position !== undefined) this.#finish();
    else
      this.#end({ problem: { code: "unavailable", detail: `the hub closed the connection: ${reason}`, headers: { "retry-after": "1" } } });
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #joined({ position, replay, recovered }: Extract<ServerMessage, { type: "joined" }>): void {
    const { room, after } = this.#poll;
    if (recovered === false) return this.#end({ problem: unknownPosition(room, after ?? "") });
    this.#expected = replay;
    // While a replay is on its way the client stands before it.
    if (replay > 0) return;
    this.#position = position;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(), Math.max(0, this.#dueAt - performance.now()));
  }

  #take({ type: _type, room: _room, ...entry }: Message): void {
    if (this.#messages.length === this.#poll.limit) {
      this.#isComplete = false;
      return this.#finish();
    }
    this.#messages.push(entry);
    this.#position = entry.position;
    if (this.#expected > 0) this.#expected--;
    // What is published in one turn goes into one answer.
    if (this.#expected === 0) setImmediate(() => this.#finish());
  }

  #finish(): void {
    const { room } = this.#poll;
    if (this.#position === undefined) return this.#end({ problem: tooSlow });
    this.#end({ room, messages: this.#messages, position: this.#position, complete: this.#isComplete && this.#expected === 0 });
  }

  #end(answer: PollAnswer | { readonly problem: Problem }): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#resolve(answer);
  }
}

const tooSlow: Problem = {
  code: "unavailable",
  detail: "the room could not be read in time",
  headers: { "retry-after": "1" },
};

/** What a history answers to a position that it does not know. */
export function unknownPosition(room: string, position: string): Problem {
  const detail = `the history of ${JSON.stringify(room)} does not know ${JSON.stringify(position)}, or no longer has what follows it`;
  return { code: "unknown-position", detail };
}
