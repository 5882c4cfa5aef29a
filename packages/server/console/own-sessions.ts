import type { Memory } from "./choice.ts";

const key = "openline.sessions";
const kept = 20;

/** The sessions of this tab, over reloads and restarts of the hub: one's own words stay one's own. */
export class RememberedSessions {
  readonly #memory: Memory;
  #sessions: readonly string[];

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#sessions = (memory.getItem(key) ?? "").split(" ").filter((session) => session !== "");
  }

  has(session: string): boolean {
    return this.#sessions.includes(session);
  }

  add(session: string): void {
    if (this.has(session)) return;
    this.#sessions = [...this.#sessions, session].slice(-kept);
    this.#memory.setItem(key, this.#sessions.join(" "));
  }
}
