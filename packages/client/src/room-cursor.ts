/** What becomes of an inbound message: the application gets it, it is dropped, or it shows that one before it is missing. */
export type Verdict = "deliver" | "drop" | "gap";

/** What `joined` says about the place in the history. */
export interface JoinedPlace {
  readonly position: string;
  readonly replay: number;
  readonly recovered?: boolean;
}

/**
 * Where the application stands in one room's history: `position` is that of the last message handed to it, or the place that the server
 * named when there was none. It decides about every inbound message, so that none is lost and none comes twice (docs/wire/hub-v1.md, Recovery).
 */
export class RoomCursor {
  #position: string | undefined;
  /** Whether a message stands at `#position`: an empty room's place names none, and the first message after it has no predecessor. */
  #atMessage = false;
  #phase: "away" | "replaying" | "live" = "away";
  #replayLeft = 0;

  /** `position`: where the application stands already, from a page that was rendered up to there. */
  constructor(position?: string) {
    this.#position = position;
  }

  /** What a join sends, `undefined` before the first `joined`. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Whether the next message is one of those that `joined` announced. */
  get replaying(): boolean {
    return this.#phase === "replaying";
  }

  /** The connection is gone or a new join is under way: nothing counts until `joined`. */
  suspend(): void {
    this.#phase = "away";
  }

  /** The server has let the client in: `replay` messages follow. */
  joined({ position, replay, recovered }: JoinedPlace): void {
    this.#replayLeft = replay;
    this.#phase = replay > 0 ? "replaying" : "live";
    if (recovered === true) {
      // Until the first missed message is handed over the client stands where it stood.
      if (replay === 0) this.#position = position;
    } else this.#standAt(position);
  }

  /** Continuity is lost while live: the client stands at `position` now. */
  insufficient(position: string): void {
    if (this.#phase === "away") return;
    this.#phase = "live";
    this.#standAt(position);
  }

  /** The server left messages out because the client was too slow: it stands at `position` now. Returns whether that concerns it. */
  gap(position: string): boolean {
    if (this.#phase !== "live") return false;
    this.#standAt(position);
    return true;
  }

  /** A stored message came. On `deliver` the position has moved to it. */
  message(position: string, previous: string | null | undefined): Verdict {
    if (this.#phase === "away") return "drop";
    if (this.#atMessage && position === this.#position) return "drop";
    if (this.#phase === "live") {
      if (!this.#follows(previous)) return "gap";
    } else if (--this.#replayLeft === 0) this.#phase = "live";
    this.#position = position;
    this.#atMessage = true;
    return "deliver";
  }

  /** The store may not know the predecessor (missing): the node heals that itself. */
  #follows(previous: string | null | undefined): boolean {
    if (previous === undefined) return true;
    if (previous === null) return !this.#atMessage;
    return previous === this.#position;
  }

  #standAt(position: string): void {
    this.#position = position;
    this.#atMessage = false;
  }
}
