import { RoomPattern } from "../room-pattern.ts";
import type { RoomAction, RoomGrants } from "./identity.ts";

interface Grant {
  readonly pattern: RoomPattern;
  readonly actions: ReadonlySet<string>;
}

/** Rights by pattern, read for one user. What no pattern grants is not granted. */
export class Grants {
  readonly #grants: readonly Grant[];

  /** `user`: what `{user}` stands for; without one it fits no room. */
  constructor(rooms: RoomGrants, user: string | undefined) {
    this.#grants = Object.entries(rooms).map(([text, actions]) => ({
      pattern: new RoomPattern(text, { user }),
      actions: new Set(actions),
    }));
  }

  allows(action: RoomAction, room: string): boolean {
    return this.#grants.some(({ pattern, actions }) => {
      if (!actions.has(action) && !actions.has("*")) return false;
      return room.startsWith("$") === pattern.text.startsWith("$") && pattern.matches(room);
    });
  }
}
