import type { ClosedError, ProtocolError } from "./errors.ts";
import type { CodecOptions, EventKind, MachineOptions } from "./machine-types.ts";
import type { PreparedFrame } from "./prepared.ts";

/**
 * One WebSocket connection after its opening handshake, either role: bytes and time in; events, bytes and the next deadline out.
 *
 * The endpoint's loop: `receive(chunk, now)`, then `next()` until it answers `Event.None`, then once per turn `takeOutput` and one
 * write, then `written(bytes)` when the kernel took them; a timer at `deadline` that calls `tick(now)` and then `next()` again.
 * Between two `next()` calls every method may be called. No method calls back.
 */
export declare class Machine {
  /** @throws UsageError `USAGE_OPTION` when a limit is not a positive number or the water marks cross. */
  constructor(options: MachineOptions);

  // ---- fields of the event that `next()` answered last; valid until the next call of `next()`, `receive()` or `written()`

  /** Payload of Text, Binary, Ping, Pong, MessageData; bytes to work on for Inflate and Deflate. Empty for the other events. */
  data: Uint8Array;
  /**
   * Whether `data` is memory of its own, so that the receiver may keep it. Otherwise it is a view into the chunk given to
   * `receive` and must be copied to be kept.
   */
  owned: boolean;
  /** The pieces of a Text or Binary message when `keepFragments` is on, each in memory of its own; `data` is empty then. */
  fragments: Uint8Array[] | undefined;
  /** MessageStart: whether the message is binary. */
  binary: boolean;
  /** Inflate and Deflate: whether the message ends with these bytes (append or cut the tail, RFC 7692 §7.2). */
  final: boolean;
  /** Inflate: the most bytes the answer may have. Stop there and answer `inflateFailed("limit")`. */
  limit: number;
  /** Close: what the peer sent. Closed: the outcome; 1005 for a close frame without a code, 1006 for none at all. */
  closeCode: number;
  closeReason: string;
  /** Closed: whether close frames went both ways. */
  wasClean: boolean;
  /** Error: what the peer did wrong (ProtocolError). Timeout: what did not happen in time (ClosedError). */
  error: ProtocolError | ClosedError | undefined;

  // ---- state

  /** 1 open, 2 closing, 3 closed, as in the browsers' API. */
  get readyState(): 1 | 2 | 3;
  /** Bytes that were sent or queued here and not yet reported by `written`. */
  get bufferedBytes(): number;
  /** Whether `takeOutput` has something to give. */
  get hasOutput(): boolean;
  /** Whether `next()` may answer something without new input. Look here after `send*`, `close`, `tick`, `written`, and codec answers. */
  get hasEvent(): boolean;
  /** False while paused, waiting for the inflating codec, or after the end: stop reading from the transport meanwhile. */
  get wantsInput(): boolean;
  get isPaused(): boolean;
  /** Absolute time at which `tick` is wanted; Infinity when nothing is to be done. Read it again after each turn. */
  get deadline(): number;
  /** Round-trip time of the last heartbeat answered, in ms; undefined before the first. */
  get roundTripMs(): number | undefined;
  /** Deliver messages as MessageStart, MessageData, MessageEnd. A change counts from the next message on. */
  streaming: boolean;
  /** Deliver messages as `fragments`. A change counts from the next message on. */
  keepFragments: boolean;

  // ---- input

  /**
   * Gives bytes from the transport. Read on with `next()` until `Event.None`; the machine unmasks inside the chunk and views into it
   * are handed out, so the chunk belongs to the machine until then. `now` counts as the time at which the peer was heard.
   */
  receive(chunk: Uint8Array, now?: number): void;
  /** The next event, or `Event.None`. What is unread at `None` (paused, waiting for a codec) is copied. */
  next(): EventKind;
  /** Text: the decoded message. Call it before the next `next()`. */
  text(): string;
  /** The peer ended its side of the transport (FIN, END_STREAM). What is unread is still parsed, then Finish and Closed follow. */
  ended(): void;
  /** The transport is gone (reset, destroyed, error). What is unread is still parsed, then Closed follows. Output is dropped. */
  lost(): void;
  /** Stops emitting Text, Binary, Ping, Pong, Message*, Close after the event at hand. Stop reading from the transport too. */
  pause(): void;
  /** Goes on; call `next()` afterwards. */
  resume(): void;

  // ---- codec (RFC 7692), when `codec` was given

  /** Answers the Inflate event. The bytes belong to the machine afterwards. @throws UsageError `USAGE_NOT_WAITING` */
  inflated(bytes: Uint8Array): void;
  /** Answers the Inflate event: data that is not deflate ("data", 1007) or more than `limit` ("limit", 1009). */
  inflateFailed(why: "data" | "limit", detail?: string): void;
  /** Answers the Deflate event. The bytes belong to the machine until they are written. @throws UsageError `USAGE_NOT_WAITING` */
  deflated(bytes: Uint8Array): void;

  // ---- output. Each answers false above the high-water mark (wait for Drain), and false without effect after close.

  /** Sends a text message. `compress: false` leaves the codec out. */
  sendText(text: string, compress?: boolean): boolean;
  /** Sends a binary message. The bytes must not change until they are written. */
  sendBinary(bytes: Uint8Array, compress?: boolean): boolean;
  /** Sends bytes known to be valid UTF-8 as a text message. */
  sendUtf8(bytes: Uint8Array, compress?: boolean): boolean;
  /** @throws UsageError `USAGE_CONTROL_PAYLOAD` over 125 bytes */
  sendPing(data?: Uint8Array): boolean;
  /** @throws UsageError `USAGE_CONTROL_PAYLOAD` over 125 bytes */
  sendPong(data?: Uint8Array): boolean;
  /** Begins a message of unknown length. Other messages wait behind it; control frames do not. @throws UsageError `USAGE_MESSAGE_OPEN` */
  beginMessage(kind: "text" | "binary", compress?: boolean): boolean;
  /** Sends one fragment of the message begun. @throws UsageError `USAGE_NO_MESSAGE` */
  sendFragment(data: string | Uint8Array): boolean;
  /** Ends the message begun, with a last fragment (empty by default). @throws UsageError `USAGE_NO_MESSAGE` */
  endMessage(data?: string | Uint8Array): boolean;
  /** Sends a frame built once for many receivers; `deflated` takes its compressed form where there is one and a codec was negotiated. */
  sendPrepared(prepared: PreparedFrame, deflated?: boolean): boolean;
  /**
   * Starts the closing handshake; nothing can be sent afterwards. The second call does nothing.
   * @throws UsageError `USAGE_CLOSE_CODE`, `USAGE_CLOSE_REASON`, `USAGE_CLOSE_REASON_WITHOUT_CODE`
   */
  close(code?: number, reason?: string, now?: number): void;
  /** Ends at once: only Abort and Closed are emitted from here on. */
  terminate(): void;

  /** Moves what is to be written into the array, in order, and answers its size in bytes. Write it all in one write. */
  takeOutput(into: Uint8Array[]): number;
  /** The kernel took that many of the bytes taken; their memory may be used again. @throws UsageError `USAGE_WRITTEN` */
  written(bytes: number): void;
  /** Puts a mark behind all that was sent so far; answers its number (1, 2, ...). It is passed when `marksPassed` is at least that. */
  mark(): number;
  get marksPassed(): number;

  /** Does what is due at `now`: heartbeat, timeouts. Call `next()` afterwards. */
  tick(now: number): void;
}
export type { CodecOptions };
