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
  readonly #timer: NodeJS.Timeout;
  #resolve!: (answer: PollAnswer | { readonly problem: Problem }) => void;
  #position: string | undefined;
  /** Messages of the replay that have not come yet. */
  #expected = 0;
  #isComplete = true;

  constructor(poll: Poll) {
    this.#poll = poll;
    this.#position = poll.after;
    this.answer = new Promise((resolve) => (this.#resolve = resolve));
    this.#timer = setTimeout(() => this.#finish(), poll.waitMs);
  }

  hear({ message }: Heard): boolean {
    if (message?.type === "error") this.#end({ problem: refusalProblem(message) });
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
    clearTimeout(this.#timer);
  }

  #joined({ position, replay, recovered }: Extract<ServerMessage, { type: "joined" }>): void {
    const { room, after } = this.#poll;
    if (recovered === false) return this.#end({ problem: unknownPosition(room, after ?? "") });
    this.#expected = replay;
    // While a replay is on its way the client stands before it.
    if (replay === 0) this.#position = position;
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
    clearTimeout(this.#timer);
    this.#resolve(answer);
  }
}

const tooSlow: Problem = {
  code: "unavailable",
  detail: "the room could not be read in the time that the poll may wait",
  headers: { "retry-after": "1" },
};

/** What a history answers to a position that it does not know. */
export function unknownPosition(room: string, position: string): Problem {
  const detail = `the history of ${JSON.stringify(room)} does not know ${JSON.stringify(position)}, or no longer has what follows it`;
  return { code: "unknown-position", detail };
}
