import type { Machine, PreparedFrame } from "@openline/protocol";
import { BlobQueue, sizeOf } from "./blob-queue.ts";
import type { Connection } from "./connection.ts";
import { isLent, unshared } from "./fast-driver/shared-read-buffer.ts";
import { type FrameList, sendFrameList } from "./frame-list.ts";
import { isBlob } from "./payload.ts";
import type { SendCallback } from "./send-callbacks.ts";
import { checkCloseFrame, checkControlBytes } from "./usage.ts";

/** Options of one `send`. */
export interface SendOptions {
  /** Send as a binary message. Default: whether the data is not a string. */
  readonly binary?: boolean | undefined;
  /** False: this is a fragment and more follow; the last one has true. Default true. */
  readonly fin?: boolean | undefined;
  /** False: not compressed even where compression was agreed on. Default true. */
  readonly compress?: boolean | undefined;
  /** Accepted for the sake of programs written for `ws`: clients always mask, servers never (RFC 6455 §5.1). */
  readonly mask?: boolean | undefined;
}

/** What a message can be made of, once the user's data has been looked at. */
export type Content = string | Uint8Array | Blob;

const noBytes = new Uint8Array(0);

/** What a socket sends over its connection, in the order of the calls. */
export class Outbound {
  readonly #connection: Connection;
  readonly #onFailed: (error: Error) => void;
  /** There while a Blob is being read. */
  #blobs: BlobQueue | undefined;
  #isFragmentOpen = false;
  /** The first fragment of the message at hand was not admitted: the others are left out too. */
  #isLeftOut = false;
  #isClosing = false;

  /** `onFailed`: a Blob could not be read, so the rest cannot be sent either. */
  constructor(connection: Connection, onFailed: (error: Error) => void) {
    this.#connection = connection;
    this.#onFailed = onFailed;
  }

  /** Whether `close` was called and its frame still waits behind a Blob. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Bytes that wait for a Blob. */
  get waitingBytes(): number {
    return this.#blobs?.bytes ?? 0;
  }

  /** Sends a message or a fragment of one; answers whether there is room for more. */
  send(given: Content, options: SendOptions | undefined, callback: SendCallback | undefined): boolean {
    const isBinary = options?.binary ?? typeof given !== "string";
    const isLast = options?.fin !== false;
    const compress = options?.compress !== false;
    const isAtHand = typeof given === "string" || given instanceof Uint8Array;
    if (isAtHand && this.#blobs === undefined) return this.#send(given, isBinary, isLast, compress, callback);
    const content = given instanceof Uint8Array ? unshared(given) : given;
    this.#inTurn(content, (ready) => void this.#send(ready, isBinary, isLast, compress, callback), callback);
    return true;
  }

  /** Sends a frame built once for many receivers. */
  sendPrepared(frame: PreparedFrame, callback: SendCallback | undefined): boolean {
    if (this.#blobs === undefined) return this.#sendPrepared(frame, callback);
    this.#inTurn(frame.payload, () => void this.#sendPrepared(frame, callback), callback);
    return true;
  }

  /** Sends what `Sender.frame` built. @throws as {@link sendFrameList} */
  sendFrame(list: FrameList, callback: SendCallback | undefined): void {
    if (this.#blobs === undefined) this.#sendFrame(list, callback);
    else this.#inTurn(noBytes, () => this.#sendFrame(list, callback), callback);
  }

  /** @throws RangeError for more than 125 bytes */
  control(method: "sendPing" | "sendPong", content: Content, callback: SendCallback | undefined): void {
    checkControlBytes(sizeOf(content));
    const send = (ready: string | Uint8Array): void => {
      this.#connection.machine[method](typeof ready === "string" ? Buffer.from(ready) : ready);
      this.#connection.sent(callback);
    };
    if (this.#blobs === undefined && !isBlob(content)) send(content);
    else this.#inTurn(content, send, callback);
  }

  /** Starts the closing handshake behind everything that was sent. @throws TypeError or RangeError for a code or reason that may not be sent */
  close(code: number | undefined, reason: string | Uint8Array | undefined): void {
    const text = checkCloseFrame(code, reason);
    if (this.#blobs === undefined) return this.#connection.close(code, text);
    this.#isClosing = true;
    this.#inTurn(noBytes, () => this.#connection.close(code, text), undefined);
  }

  #send(content: string | Uint8Array, isBinary: boolean, isLast: boolean, compress: boolean, callback: SendCallback | undefined): boolean {
    if (!this.#isAdmitted(content, isLast, callback)) return false;
    const hasRoom =
      isLast && !this.#isFragmentOpen
        ? sendWhole(this.#connection.machine, content, isBinary, compress)
        : this.#sendFragment(content, isBinary, isLast, compress);
    this.#connection.sent(callback);
    return hasRoom;
  }

  #sendFragment(content: string | Uint8Array, isBinary: boolean, isLast: boolean, compress: boolean): boolean {
    const { machine, compressFromBytes } = this.#connection;
    const lasting = typeof content === "string" ? content : unshared(content);
    // The length of the whole is not known: the first fragment decides, as in `ws`.
    if (!this.#isFragmentOpen) machine.beginMessage(isBinary ? "binary" : "text", compress && sizeOf(content) >= compressFromBytes);
    this.#isFragmentOpen = !isLast;
    return isLast ? machine.endMessage(lasting) : machine.sendFragment(lasting);
  }

  // A message that has begun cannot be taken back: its fragments are not counted again.
  #isAdmitted(content: string | Uint8Array, isLast: boolean, callback: SendCallback | undefined): boolean {
    if (this.#isFragmentOpen) return true;
    if (!this.#isLeftOut && this.#connection.admit(content.length, callback)) return true;
    if (this.#isLeftOut && callback !== undefined) process.nextTick(callback, new Error("The message's first fragment was left out"));
    this.#isLeftOut = !isLast;
    return false;
  }

  #sendPrepared(frame: PreparedFrame, callback: SendCallback | undefined): boolean {
    if (!this.#connection.admit(frame.payload.length, callback)) return false;
    const hasRoom = this.#connection.sendPrepared(frame);
    this.#connection.sent(callback);
    return hasRoom;
  }

  #sendFrame(list: FrameList, callback: SendCallback | undefined): void {
    if (!this.#connection.admit(0, callback)) return;
    const { opcode, payload } = sendFrameList(this.#connection.machine, list);
    if (opcode === 8) this.#connection.close(payload.length < 2 ? undefined : payload.readUInt16BE(0), payload.toString("utf8", 2));
    this.#connection.sent(callback);
  }

  #inTurn(content: Content, send: (content: string | Uint8Array) => void, callback: SendCallback | undefined): void {
    this.#blobs ??= new BlobQueue(() => {
      this.#blobs = undefined;
    });
    this.#blobs.add({
      content,
      go: (ready) => {
        if (this.#connection.machine.readyState === 1) send(ready);
        else if (callback !== undefined) process.nextTick(callback, new Error("The socket was closed while the blob was being read"));
      },
      fail: (error) => {
        if (callback !== undefined) process.nextTick(callback, error);
        process.nextTick(this.#onFailed, error);
      },
    });
  }
}

function sendWhole(machine: Machine, content: string | Uint8Array, isBinary: boolean, compress: boolean): boolean {
  if (typeof content === "string")
    return isBinary ? machine.sendBinary(Buffer.from(content), compress) : machine.sendText(content, compress);
  const lent = isLent(content);
  return isBinary ? machine.sendBinary(content, compress, lent) : machine.sendUtf8(content, compress, lent);
}
