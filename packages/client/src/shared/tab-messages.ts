/** What all tabs of a group hear. `leader` is a fresh name per reign. */
export type GroupMessage =
  /** A tab has come and asks who leads. */
  | { readonly kind: "who" }
  /** This tab leads from now on, or was asked. */
  | { readonly kind: "leader"; readonly leader: string }
  /** The leader has a connection to the server: who waits may come. */
  | { readonly kind: "up" }
  /** A tab's socket wants to be connected; `socket` names its channel, the lock of the name `tab` is held as long as the tab lives. */
  | { readonly kind: "attach"; readonly leader: string; readonly socket: string; readonly tab: string; readonly hidden: boolean };

/** From a tab's socket to the leader. */
export type TabMessage =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "close"; readonly code: number }
  | { readonly kind: "hidden"; readonly hidden: boolean };

/** From the leader to a tab's socket. */
export type LeaderMessage =
  | { readonly kind: "open" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };
