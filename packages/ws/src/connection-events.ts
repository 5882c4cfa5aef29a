import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { ProtocolError } from "@openline/protocol";
import type { ConnectionOwner } from "./connection-owner.ts";
import { soleMessageListener } from "./emitter.ts";
import type { WebSocketEvents } from "./events.ts";
import { sharedView } from "./fast-driver/shared-read-buffer.ts";
import { emitGuarded } from "./handler-errors.ts";
import { asBuffer, ownedArrayBuffer, ownedBuffer, type RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/** Told of the end of a socket's connection. */
export type ClosedListener = (websocket: WebSocket, code: number, reason: string, wasClean: boolean) => void;

/** Turns what a connection reports into the events of a {@link WebSocket}. All data handed to listeners is theirs to keep. */
export class ConnectionEvents implements ConnectionOwner {
  readonly #websocket: WebSocket;
  readonly #isReadShared: boolean;
  readonly #onClosed: ClosedListener;
  /** Is told what listeners throw; without it a throw goes through to the caller. */
  onThrow: ((error: unknown) => void) | undefined;
  /** Hand out views of the shared read buffer, which end when the listener returns. */
  givesViews = false;

  /** `isReadShared`: views into what was read never leave without a copy. */
  constructor(websocket: WebSocket, isReadShared: boolean, onClosed: ClosedListener) {
    this.#websocket = websocket;
    this.#isReadShared = isReadShared;
    this.#onClosed = onClosed;
  }

  received(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean): void {
    const websocket = this.#websocket;
    const message = this.#messageData(data, fragments, isBinary, isOwned);
    if (this.onThrow !== undefined) return emitGuarded(websocket, "message", [message, isBinary], this.onThrow);
    const listener = soleMessageListener<WebSocketEvents["message"]>(websocket);
    if (listener !== undefined) listener.call(websocket, message, isBinary);
    // Not by way of `#emit`, whose list of arguments costs 30 ns more.
    else websocket.emit("message", message, isBinary);
  }

  pinged(data: Uint8Array): void {
    this.#emit("ping", Buffer.from(data));
  }

  ponged(data: Uint8Array): void {
    this.#emit("pong", Buffer.from(data));
  }

  drained(): void {
    this.#emit("drain");
  }

  failed(error: ProtocolError): void {
    this.#emit("error", error);
  }

  closed(code: number, reason: string, wasClean: boolean): void {
    if (this.onThrow === undefined) return this.#onClosed(this.#websocket, code, reason, wasClean);
    try {
      this.#onClosed(this.#websocket, code, reason, wasClean);
    } catch (error) {
      this.onThrow(error);
    }
  }

  #emit<K extends keyof WebSocketEvents>(name: K, ...args: WebSocketEvents[K]): void {
    if (this.onThrow !== undefined) return emitGuarded(this.#websocket, name, args, this.onThrow);
    const emitter: EventEmitter = this.#websocket;
    emitter.emit(name, ...args);
  }

  #messageData(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean): RawData {
    if (fragments !== undefined) return this.#fromFragments(fragments, isBinary);
    const { binaryType } = this.#websocket;
    const isShared = !isOwned && this.#isReadShared;
    const view = this.givesViews && isShared && (!isBinary || binaryType === "nodebuffer") ? sharedView(data) : undefined;
    if (view !== undefined) return view;
    // Text comes as a Buffer whatever `binaryType` says, as in `ws`.
    if (!isBinary || binaryType === "nodebuffer") return isOwned ? asBuffer(data) : ownedBuffer(data, isShared);
    if (binaryType === "arraybuffer") return ownedArrayBuffer(data, isShared);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see RawData
    if (binaryType === "blob") return new Blob([ownedArrayBuffer(data, isShared)]) as unknown as RawData;
    return [ownedBuffer(data, isShared)];
  }

  // `binaryType` may have changed while the message came in.
  #fromFragments(fragments: readonly Uint8Array[], isBinary: boolean): RawData {
    if (isBinary && this.#websocket.binaryType === "fragments") return fragments.map(asBuffer);
    return this.#messageData(Buffer.concat(fragments), undefined, isBinary, true);
  }
}
