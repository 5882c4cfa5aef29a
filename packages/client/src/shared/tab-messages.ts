/** A tab has come and asks who leads. */
export interface WhoLeads {
  readonly kind: "who";
}

/** This tab leads from now on, or was asked. `leader` is a fresh name per reign. */
export interface Leading {
  readonly kind: "leader";
  readonly leader: string;
}

/** The leader has a connection to the server: who waits may come. */
export interface LeaderUp {
  readonly kind: "up";
}

/** A tab's socket wants to be connected; `socket` names its channel, the lock of the name `tab` is held as long as the tab lives. */
export interface Attach {
  readonly kind: "attach";
  readonly leader: string;
  readonly socket: string;
  readonly tab: string;
  readonly hidden: boolean;
}

/** What all tabs of a group hear. */
export type GroupMessage = WhoLeads | Leading | LeaderUp | Attach;

/** A message of the wire, either way. */
export interface LineText {
  readonly kind: "text";
  readonly text: string;
}

/** The leader has its end of the line. */
export interface LineOpen {
  readonly kind: "open";
}

/** The end, from either side; the tab gives no reason. */
export interface LineClose {
  readonly kind: "close";
  readonly code: number;
  readonly reason?: string;
}

/** The tab is seen, or not any more. */
export interface LineVisibility {
  readonly kind: "hidden";
  readonly hidden: boolean;
}

/** From a tab's socket to the leader. */
export type TabMessage = LineText | LineClose | LineVisibility;

/** From the leader to a tab's socket. */
export type LeaderMessage = LineOpen | LineText | LineClose;
