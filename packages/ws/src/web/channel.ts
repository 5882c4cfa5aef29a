import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { PROFILES, type ProtocolError } from "@openline/protocol";
import { Connection } from "../connection.ts";
import type { ConnectionOwner } from "../connection-owner.ts";
import type { UsedExtension } from "../endpoint-extensions.ts";
import { driverFor, prepareDriver } from "../fast-driver/driver-for.ts";
import { type Content, Outbound } from "../outbound.ts";
import { ownedArrayBuffer } from "../payload.ts";
import { platform } from "../platform.ts";
import type { SendCallback } from "../send-callbacks.ts";
import { connectionSetup } from "../socket-setup.ts";
import { clientOptions } from "./environment.ts";
import { Opening } from "./opening.ts";

/** How a channel ended. */
export interface ChannelEnd {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  /** It was failed: the handshake came to nothing, or the peer broke the protocol ("fail the WebSocket connection", RFC 6455 §7.1.7). */
  readonly isFailure: boolean;
}

/** What a {@link Channel} tells the object that a script holds: each call is a task of its own. */
export interface ChannelOwner {
  opened(subprotocol: string, extensions: string): void;
  received(data: string | ArrayBuffer): void;
  /** The peer has begun the closing handshake. */
  closing(): void;
  /** The end: last, and once. */
  closed(end: ChannelEnd): void;
}

/** A client's connection as the WebSockets Standard sees it: it begins with an address, all that happens is queued as tasks, and there are no errors but its end. */
export class Channel implements ConnectionOwner {
  readonly #owner: ChannelOwner;
  readonly #opening: Opening;
  readonly #options = clientOptions();
  readonly #hasSubprotocols: boolean;
  #connection: Connection | undefined;
  #outbound: Outbound | undefined;
  #isReadShared = false;
  #extensions = "";
  #isPaused = false;
  #isFailed = false;
  #isOver = false;

  /** @throws as a client's constructor does, for settings of the environment that cannot be */
  constructor(owner: ChannelOwner, url: URL, subprotocols: readonly string[]) {
    this.#owner = owner;
    this.#hasSubprotocols = subprotocols.length > 0;
    prepareDriver(this.#options.driver);
    this.#opening = new Opening(url, subprotocols, this.#options, {
      upgrade: (response) => this.#upgraded(response),
      opened: (socket, head, subprotocol, extensions) => this.#opened(socket, head, subprotocol, extensions),
      failed: () => this.#failedToOpen(),
    });
  }

  /** Whether messages can be sent: the handshake is over and neither side has begun to close. */
  get isOpen(): boolean {
    return this.#connection?.readyState === 1 && this.#outbound?.isClosing === false;
  }

  /** Sends a message. A buffer must not change until the callback: the kernel took the message, or never will. */
  send(content: Content, callback: SendCallback): void {
    if (this.isOpen) this.#outbound?.send(content, undefined, callback);
    else process.nextTick(callback, new Error("The connection is closing"));
  }

  /** Starts the closing handshake behind everything that was sent. The arguments have been looked at. */
  close(code: number | undefined, reason: string): void {
    // A reason cannot stand without a code.
    if (this.isOpen) this.#outbound?.close(reason === "" ? code : (code ?? 1000), reason);
  }

  /** Gives the connection up before it is established: `closed` follows. */
  abandon(): void {
    this.#opening.abort();
  }

  /** Nothing is received until `resume()`, and the peer is held back by TCP. */
  pause(): void {
    if (!this.#isPaused) this.#connection?.pause();
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isPaused) this.#connection?.resume();
    this.#isPaused = false;
  }

  // ---- opening

  // As the server wrote them: browsers show the parameters, too.
  #upgraded(response: IncomingMessage): void {
    this.#extensions = response.headers["sec-websocket-extensions"] ?? "";
  }

  #opened(socket: Duplex, head: Buffer, subprotocol: string, extensions: readonly UsedExtension[]): void {
    // RFC 6455 lets a server pass over the offer; the WebSockets Standard §2 does not ("establish a WebSocket connection", step 11).
    if (this.#hasSubprotocols && subprotocol === "") {
      socket.destroy();
      return this.#failedToOpen();
    }
    const driver = driverFor(socket, this.#options.driver);
    this.#isReadShared = driver.sharesReadBuffer;
    const { options } = connectionSetup("client", this.#options, PROFILES.ws);
    // Queued before anything that the connection may say.
    queueTask(() => this.#owner.opened(subprotocol, this.#extensions));
    this.#connection = new Connection(driver, head, this, options, extensions);
    this.#outbound = new Outbound(this.#connection, (error) => this.#connection?.terminate(error));
  }

  #failedToOpen(): void {
    this.#isFailed = true;
    this.closed(1006, "", false);
  }

  // ---- ConnectionOwner

  received(data: Uint8Array, _fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean): void {
    const message = isBinary ? ownedArrayBuffer(data, !isOwned && this.#isReadShared) : platform.decodeUtf8(data);
    queueTask(() => this.#owner.received(message));
  }

  closing(): void {
    queueTask(() => this.#owner.closing());
  }

  pinged(): void {
    // The connection has answered it; scripts see no pings.
  }

  ponged(): void {
    // See above.
  }

  drained(): void {
    // Whoever wants to know waits for the callbacks of what was sent.
  }

  failed(_error: ProtocolError): void {
    this.#isFailed = true;
  }

  closed(code: number, reason: string, wasClean: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const end = { code, reason, wasClean, isFailure: this.#isFailed };
    queueTask(() => this.#owner.closed(end));
  }
}

/** A task of the networking source: tasks run in the order in which they were queued, and promise callbacks between them. */
export function queueTask(task: () => void): void {
  setImmediate(task);
}
