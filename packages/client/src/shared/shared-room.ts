import type { Joined } from "@openline/wire";

/** Which of the leader's lines are in a room, and who gets what of it. `Line` is whatever stands for a tab. */
export class SharedRoom<Line> {
  /** The lines that are in the room or on their way into it, and whether they are told the members. */
  readonly #lines = new Map<Line, { readonly presence: boolean }>();
  /** Who gets the messages that the last `joined` announced: everyone else has them already. */
  #replayTo: readonly Line[] = [];
  #replayLeft = 0;

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** All lines, or those that are told the members. */
  lines({ presence = false }: { readonly presence?: boolean } = {}): Line[] {
    return [...this.#lines].flatMap(([line, wants]) => (!presence || wants.presence ? [line] : []));
  }

  /** A line asks to join. Returns whether the connection has to be told the members from then on. */
  enter(line: Line, presence: boolean): boolean {
    this.#lines.set(line, { presence });
    return this.lines({ presence: true }).length > 0;
  }

  /** Returns whether it was there. */
  exit(line: Line): boolean {
    return this.#lines.delete(line);
  }

  /** The server has let the connection in, at the wish of `to`. */
  joined(to: readonly Line[], { replay }: Joined): void {
    this.#replayTo = to;
    this.#replayLeft = replay;
  }

  /** Whether `line` wants to know the members. */
  tellsMembers(line: Line): boolean {
    return this.#lines.get(line)?.presence === true;
  }

  /** Whom the next stored message concerns: the server sends what it announced in `joined` before anything live. */
  nextMessage(): readonly Line[] {
    if (this.#replayLeft === 0) return this.lines();
    this.#replayLeft--;
    return this.#replayTo;
  }
}
