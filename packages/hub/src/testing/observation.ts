/** A stored message as somebody was shown it. */
export interface SeenMessage {
  readonly position: string;
  /** `null`: the first of its epoch; missing: the server cannot tell. */
  readonly previous?: string | null | undefined;
  /** What names its publish: two messages with one token are one publish. */
  readonly token: string;
}

/** What one client did in a room, or what came to it there. `at` is in milliseconds of any one clock, and is only shown. */
export type Observation = { readonly at: number; readonly client: string; readonly room: string } & (
  | {
      /** Sent for the first time. `lane` is whoever's publishes keep their order: the session. */
      readonly type: "publish";
      readonly token: string;
      readonly lane: string;
      readonly sequence: number;
    }
  /** Acknowledged as stored, at `position`. */
  | { readonly type: "published"; readonly token: string; readonly position: string }
  /** Answered with an error that says: not stored. */
  | { readonly type: "refused"; readonly token: string; readonly code: string }
  | { readonly type: "joined"; readonly position: string; readonly replay: number; readonly recovered?: boolean | undefined }
  | ({ readonly type: "message" } & SeenMessage)
  | { readonly type: "insufficient"; readonly position: string }
  | { readonly type: "gap"; readonly count: number; readonly position: string }
  /** The connection is gone; what comes next is `joined`. */
  | { readonly type: "away" }
  | { readonly type: "left" }
  /** What the room keeps in the end, all pages together, oldest first. */
  | { readonly type: "kept"; readonly messages: readonly SeenMessage[] }
);

/** Observations in the order in which they happened. */
export type Observations = readonly Observation[];

/** What can be wrong with a history. */
export type ViolationKind =
  | "loss"
  | "duplicate"
  | "order"
  | "false-recovered"
  | "acknowledged-unseen"
  | "stored-twice"
  | "link"
  | "content"
  | "replay"
  | "gap-count"
  | "refused";
