/** A part of a pattern: the very character, any text, or one segment of at least one character without ":". */
type Token = { readonly is: "character"; readonly value: string } | { readonly is: "any" } | { readonly is: "segment" };

/** What segments with a name stand for: with `{ user: "ada" }`, `{user}` is the very text "ada". */
export type SegmentValues = Readonly<Record<string, string | undefined>>;

const segmentForm = /^\{([\w-]+)\}/;

/**
 * A pattern of room names. `*` stands for any text, also for none; `{name}` for one segment: at least one character, none of them ":".
 * Everything else stands for itself: `chat:*`, `private:{user}:*`.
 */
export class RoomPattern {
  readonly text: string;
  readonly #tokens: readonly Token[];

  /** `values`: what named segments stand for. A value that is no segment (undefined, empty, or with ":") fits no room: else "a" could pass for "a:b". */
  constructor(text: string, values: SegmentValues = {}) {
    this.text = text;
    this.#tokens = tokensOf(text, values);
  }

  /** Follows all readings at once, so that no name makes it take longer than pattern times name. */
  matches(room: string): boolean {
    let places = this.#closure(new Set([0]));
    for (const character of room) {
      const next = new Set<number>();
      for (const place of places) this.#step(place, character, next);
      if (next.size === 0) return false;
      places = this.#closure(next);
    }
    return places.has(this.#tokens.length);
  }

  /**
   * Less than 0 when this one is the more specific: its text up to the first wildcard is longer; else it has more characters that stand for themselves;
   * else fewer `*`; else it comes first in the alphabet, so that the order never depends on how the rules were written down.
   */
  compare(other: RoomPattern): number {
    const [mine, others] = [this.#rank(), other.#rank()];
    for (const [index, value] of mine.entries()) {
      const difference = (others[index] ?? 0) - value;
      if (difference !== 0) return difference;
    }
    return this.text < other.text ? -1 : Number(this.text > other.text);
  }

  #rank(): readonly number[] {
    const wild = this.#tokens.findIndex(({ is }) => is !== "character");
    const literals = this.#tokens.filter(({ is }) => is === "character").length;
    const stars = this.#tokens.filter(({ is }) => is === "any").length;
    return [wild < 0 ? Number.MAX_SAFE_INTEGER : wild, literals, -stars];
  }

  #step(place: number, character: string, next: Set<number>): void {
    const token = this.#tokens[place];
    if (token?.is === "any") next.add(place);
    else if (token?.is === "character" && token.value === character) next.add(place + 1);
    else if (token?.is === "segment" && character !== ":") next.add(place).add(place + 1);
  }

  /** Past every `*`, which may stand for nothing. */
  #closure(places: Set<number>): Set<number> {
    for (const place of places) if (this.#tokens[place]?.is === "any") places.add(place + 1);
    return places;
  }
}

function tokensOf(text: string, values: SegmentValues): Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== "") {
    const [segment, name] = segmentForm.exec(rest) ?? [];
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    if (name !== undefined) tokens.push(...segmentTokens(name, values));
    else tokens.push(character === "*" ? { is: "any" } : { is: "character", value: character });
    rest = rest.slice((segment ?? character).length);
  }
  return tokens;
}

/** No room's name has a character of no length: it keeps a pattern from fitting anything. */
const nothing: Token = { is: "character", value: "" };

function segmentTokens(name: string, values: SegmentValues): readonly Token[] {
  if (!Object.hasOwn(values, name)) return [{ is: "segment" }];
  const value = values[name] ?? "";
  if (value === "" || value.includes(":")) return [nothing];
  return Array.from(value, (character) => ({ is: "character", value: character }) as const);
}
