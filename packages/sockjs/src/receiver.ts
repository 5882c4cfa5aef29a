/** What carries a session's frames to the client for a while: one HTTP response, or a WebSocket. */
export interface Receiver {
  /** True while the network does not take what was sent; then `onReady` is called when it does again. */
  readonly isBlocked: boolean;
  /** Bytes that were sent and that the network has not taken. */
  readonly bufferedBytes: number;
  /** Sends one frame. False when the receiver has ended by it: a poll is answered, a stream has reached its limit. */
  send(frame: string): boolean;
  /** Ends in good order after what was sent. */
  end(): void;
  /** Breaks off. */
  destroy(): void;
}

/** What a receiver tells its session. */
export interface ReceiverEvents {
  /** It is no longer blocked. */
  readonly onReady: () => void;
  /** The client's end is gone, and nobody ended it. */
  readonly onLost: () => void;
}
