import type { ClosedError, ProtocolError } from "./errors.ts";
import { NO_BYTES } from "./frame.ts";

/** The fields of the event that `Machine.next()` answered last. Valid until the next call of `next()`. */
export class MachineEvent {
  /** Payload of Text, Binary, Ping, Pong, MessageData; bytes to work on for Inflate and Deflate. Not meant for the other events. */
  data: Uint8Array = NO_BYTES;
  /**
   * Whether `data` is memory of its own, so that the receiver may keep it. Otherwise it is a view into the chunk given to
   * `receive` and must be copied to be kept.
   */
  owned = false;
  /** Text and Binary with `keepFragments`: the payload of each frame that was not empty, each in memory of its own; `data` is empty then. */
  fragments: Uint8Array[] | undefined = undefined;
  /** MessageStart, MessageData, MessageEnd: whether the message is binary. */
  binary = false;
  /** Inflate and Deflate: whether the message ends with these bytes (append the tail, or cut it off, RFC 7692 §7.2). */
  final = false;
  /** Deflate: forget what was compressed before, a prepared frame has changed the peer's context (RFC 7692 §7.2.1). */
  fresh = false;
  /** Inflate: the most bytes the answer may have. Stop there and answer `inflateFailed("limit")`. */
  limit = 0;
  /** Close: what the peer sent. Closed: the outcome; 1005 for a close frame without a code, 1006 for none at all. */
  closeCode = 0;
  closeReason = "";
  /** Closed: whether close frames went both ways. */
  wasClean = false;
  /** Error: what the peer did wrong (ProtocolError). Timeout: what did not happen in time (ClosedError). */
  error: ProtocolError | ClosedError | undefined = undefined;
}
