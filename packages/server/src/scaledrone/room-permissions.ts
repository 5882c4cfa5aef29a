/** What an entry of a token's `permissions` says of the rooms that its pattern fits. */
interface Entry {
  readonly pattern: RegExp | undefined;
  readonly publish: boolean | undefined;
  readonly subscribe: boolean | undefined;
  readonly history: number;
}

/** The rights that a Scaledrone token carries: regular expressions, not anchored, each with what it grants or denies. */
export class RoomPermissions {
  readonly #entries: readonly Entry[];

  /** @param permissions the token's claim, as it came */
  constructor(permissions: Readonly<Record<string, unknown>>) {
    this.#entries = Object.entries(permissions).map(([pattern, given]) => entryOf(pattern, given));
  }

  /** Among the entries that fit a denial wins; where none fits nothing is allowed. */
  allows(action: "publish" | "subscribe", room: string): boolean {
    const said = new Set(this.#fitting(room).map((entry) => entry[action]));
    return said.has(true) && !said.has(false);
  }

  /** How many messages from before may be asked for. */
  historyOf(room: string): number {
    return Math.max(0, ...this.#fitting(room).map(({ history }) => history));
  }

  #fitting(room: string): Entry[] {
    return this.#entries.filter(({ pattern }) => pattern?.test(room) === true);
  }
}

function entryOf(pattern: string, given: unknown): Entry {
  const said: Record<string, unknown> = typeof given === "object" && given !== null ? { ...given } : {};
  const { publish, subscribe, history } = said;
  return {
    pattern: compiled(pattern),
    publish: typeof publish === "boolean" ? publish : undefined,
    subscribe: typeof subscribe === "boolean" ? subscribe : undefined,
    history: typeof history === "number" && history > 0 ? Math.floor(history) : 0,
  };
}

/** A pattern that is none fits nothing. Perl takes a repeated `^` (Scaledrone's own Java test has `^*.$`), JavaScript does not. */
function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern.replaceAll(/\^[*+?]/g, ""), "u");
  } catch {
    return undefined;
  }
}
