/** Where the client stands. `waiting` means: the connection is lost and the next attempt has its time. */
export type ClientState = "idle" | "connecting" | "connected" | "waiting" | "closed";

/** What moves it: `lost` is an end after which it comes back, `refused` one after which it must not. */
export type ClientStateEvent = "connect" | "retry" | "connected" | "lost" | "refused" | "close";

/** State × event → next state. What is not in the table changes nothing. docs/client.md draws it. */
export const clientStates: Readonly<Record<ClientState, Readonly<Partial<Record<ClientStateEvent, ClientState>>>>> = {
  idle: { connect: "connecting", close: "closed" },
  connecting: { connected: "connected", lost: "waiting", refused: "closed", close: "closed" },
  connected: { lost: "waiting", refused: "closed", close: "closed" },
  waiting: { connect: "connecting", retry: "connecting", lost: "waiting", close: "closed" },
  closed: { connect: "connecting" },
};
