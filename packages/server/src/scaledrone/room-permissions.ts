/** What an entry of a token's `permissions` says of the rooms that its pattern fits. */
interface Entry {
  readonly pattern: RegExp;
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
    return this.#entries.filter(({ pattern }) => pattern.test(room));
  }
}

function entryOf(pattern: string, given: unknown): Entry {
  const said: Record<string, unknown> = typeof given === "object" && given !== null ? { ...given } : {};
  const fit = compiled(pattern);
  // What cannot be read may have been meant for any room: it denies everywhere, and grants nowhere.
  const right = (value: unknown): boolean | undefined => (value === false || (value === true && fit !== undefined) ? value : undefined);
  const { publish, subscribe, history } = said;
  return {
    pattern: fit ?? /^/,
    publish: right(publish),
    subscribe: right(subscribe),
    history: fit !== undefined && typeof history === "number" && history > 0 ? Math.floor(history) : 0,
  };
}

/** What Perl and Go write in another way. */
const anchors: Readonly<Record<string, string>> = { A: "^", z: "$", Z: "$" };

/**
 * A pattern of Perl as one of JavaScript, `undefined` where there is none. Perl takes a repeated `^` (Scaledrone's own Java test has `^*.$`) and any escaped punctuation. With "u" what means
 * something else here, as `\Q` and `[[:digit:]]` do, is an error instead.
 */
function compiled(pattern: string): RegExp | undefined {
  const [flag = "", text = ""] = pattern.startsWith("(?i)") ? ["i", pattern.slice(4)] : ["", pattern];
  try {
    return new RegExp(text.replaceAll(/\\([^])|\^[*+?]/g, translated), `u${flag}`);
  } catch {
    return undefined;
  }
}

function translated(whole: string, escaped: string | undefined): string {
  if (escaped === undefined) return "";
  const isNeedless = /[\x20-\x7e]/.test(escaped) && !/[\w^$\\.*+?()[\]{}|/]/.test(escaped);
  return isNeedless || escaped === "_" ? `\\x${escaped.charCodeAt(0).toString(16)}` : (anchors[escaped] ?? whole);
}
