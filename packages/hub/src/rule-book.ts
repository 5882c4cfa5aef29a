import { RoomPattern } from "./room-pattern.ts";
import { defaultRules, type RoomRules, type RuleOverrides } from "./rules.ts";

/** Rules by pattern of room names, as `HubOptions.roomRules` gives them. */
export type RulesByPattern = Readonly<Record<string, RuleOverrides>>;

/** So many rooms' rules are remembered: a publish must not go through all patterns again. */
const rememberedRooms = 10_000;

/** Knows what holds for each room. Each single rule is that of the most specific pattern that fits the room's name and gives it, or else the default. */
export class RuleBook {
  /** What holds where no pattern says otherwise. */
  readonly base: RoomRules;
  /** The most specific last, so that it has the last word. */
  readonly #entries: readonly { readonly pattern: RoomPattern; readonly rules: RuleOverrides }[];
  readonly #known = new Map<string, RoomRules>();

  constructor(base: RuleOverrides = {}, byPattern: RulesByPattern = {}) {
    this.base = merged(defaultRules, base);
    this.#entries = Object.entries(byPattern)
      .map(([text, rules]) => ({ pattern: new RoomPattern(text), rules }))
      .toSorted((one, other) => other.pattern.compare(one.pattern));
  }

  of(room: string): RoomRules {
    if (this.#entries.length === 0) return this.base;
    const known = this.#known.get(room);
    if (known !== undefined) return known;
    let rules = this.base;
    for (const entry of this.#entries) if (entry.pattern.matches(room)) rules = merged(rules, entry.rules);
    if (this.#known.size >= rememberedRooms) this.#known.clear();
    this.#known.set(room, rules);
    return rules;
  }
}

function merged(below: RoomRules, above: RuleOverrides): RoomRules {
  return Object.freeze({ ...below, ...above, history: Object.freeze({ ...below.history, ...above.history }) });
}
