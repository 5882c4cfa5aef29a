import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { ProtocolError } from "@openline/protocol";
import type { ConnectionOwner } from "./connection-owner.ts";
import { soleMessageListener } from "./emitter.ts";
import type { WebSocketEvents } from "./events.ts";
import { sharedView } from "./fast-driver/shared-read-buffer.ts";
import { emitGuarded } from "./handler-errors.ts";
import { asBuffer, type BinaryType, ownedArrayBuffer, ownedBuffer, type RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/** Told of the end of a socket's connection. */
export type ClosedListener = (websocket: WebSocket, code: number, reason: string) => void;

/** How a {@link ConnectionEvents} hands things out. */
export interface EventSetup {
  /** Views into what was read never leave without a copy. */
  readonly isReadShared: boolean;
  /** Hand out views of the shared read buffer all the same, which end when the listener returns. */
  readonly givesViews?: boolean;
  readonly onClosed: ClosedListener;
  /** Is told what listeners throw; without it a throw goes through to the caller. */
  readonly onThrow?: ((error: unknown) => void) | undefined;
}

/** Turns what connections report into the events of their {@link WebSocket}s: one for many. All data handed to listeners is theirs to keep. */
export class ConnectionEvents implements ConnectionOwner<WebSocket> {
  readonly #isReadShared: boolean;
  readonly #givesViews: boolean;
  readonly #onClosed: ClosedListener;
  readonly #onThrow: ((error: unknown) => void) | undefined;

  constructor({ isReadShared, givesViews = false, onClosed, onThrow }: EventSetup) {
    this.#isReadShared = isReadShared;
    this.#givesViews = givesViews;
    this.#onClosed = onClosed;
    this.#onThrow = onThrow;
  }

  received(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean, websocket: WebSocket): void {
    const message = this.#messageData(websocket.binaryType, data, fragments, isBinary, isOwned);
    if (this.#onThrow !== undefined) return emitGuarded(websocket, "message", [message, isBinary], this.#onThrow);
    const listener = soleMessageListener<WebSocketEvents["message"]>(websocket);
    if (listener !== undefined) listener.call(websocket, message, isBinary);
    // Not by way of `#emit`, whose list of arguments costs 30 ns more.
    else websocket.emit("message", message, isBinary);
  }

  pinged(data: Uint8Array, websocket: WebSocket): void {
    this.#emit(websocket, "ping", Buffer.from(data));
  }

  ponged(data: Uint8Array, websocket: WebSocket): void {
    this.#emit(websocket, "pong", Buffer.from(data));
  }

  drained(websocket: WebSocket): void {
    this.#emit(websocket, "drain");
  }

  failed(error: ProtocolError, websocket: WebSocket): void {
    this.#emit(websocket, "error", error);
  }

  closed(code: number, reason: string, _wasClean: boolean, websocket: WebSocket): void {
    if (this.#onThrow === undefined) return this.#onClosed(websocket, code, reason);
    try {
      this.#onClosed(websocket, code, reason);
    } catch (error) {
      this.#onThrow(error);
    }
  }

  #emit<K extends keyof WebSocketEvents>(websocket: WebSocket, name: K, ...args: WebSocketEvents[K]): void {
    if (this.#onThrow !== undefined) return emitGuarded(websocket, name, args, this.#onThrow);
    const emitter: EventEmitter = websocket;
    emitter.emit(name, ...args);
  }

  #messageData(
    binaryType: BinaryType,
    data: Uint8Array,
    fragments: Uint8Array[] | undefined,
    isBinary: boolean,
    isOwned: boolean,
  ): RawData {
    if (fragments !== undefined) return this.#fromFragments(binaryType, fragments, isBinary);
    const isShared = !isOwned && this.#isReadShared;
    const view = this.#givesViews && isShared && (!isBinary || binaryType === "nodebuffer") ? sharedView(data) : undefined;
    if (view !== undefined) return view;
    // Text comes as a Buffer whatever `binaryType` says, as in `ws`.
    if (!isBinary || binaryType === "nodebuffer") return isOwned ? asBuffer(data) : ownedBuffer(data, isShared);
    if (binaryType === "arraybuffer") return ownedArrayBuffer(data, isShared);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see RawData
    if (binaryType === "blob") return new Blob([ownedArrayBuffer(data, isShared)]) as unknown as RawData;
    return [ownedBuffer(data, isShared)];
  }

  // `binaryType` may have changed while the message came in.
  #fromFragments(binaryType: BinaryType, fragments: readonly Uint8Array[], isBinary: boolean): RawData {
    if (isBinary && binaryType === "fragments") return fragments.map(asBuffer);
    return this.#messageData(binaryType, Buffer.concat(fragments), undefined, isBinary, true);
  }
}
