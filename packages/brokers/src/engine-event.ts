/** What becomes of a link to an engine. */
export type EngineEvent =
  | { readonly type: "down"; readonly error: unknown }
  | { readonly type: "up" }
  /** The engine answered with an error of its own. */
  | { readonly type: "fault"; readonly error: unknown };
