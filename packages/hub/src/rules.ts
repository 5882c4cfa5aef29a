/** How much history a room keeps; whichever bound is reached first. A message beyond it counts as missed (contract 5). */
export interface Retention {
  readonly messages: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** What holds for a room. */
export interface RoomRules {
  readonly history: Retention;
  /** False: nobody is told who is there. */
  readonly presence: boolean;
}

/** 1,000 messages, 8 MiB, one hour, with presence. */
export const defaultRules: RoomRules = Object.freeze({
  history: Object.freeze({ messages: 1000, bytes: 8 * 1024 * 1024, ageMs: 60 * 60 * 1000 }),
  presence: true,
});
