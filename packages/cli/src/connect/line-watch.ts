import { isIP, type NetConnectOpts, connect as netConnect } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { ClientOptions } from "@openline/ws";
import { FrameReader, type SeenFrame } from "./frame-reader.ts";
import type { SeenHandshake } from "./handshake-text.ts";
import { TapStream } from "./tap-stream.ts";

/** Who hears what goes over a line. */
export interface LineWatcher {
  handshake(seen: SeenHandshake): void;
  frame(direction: "sent" | "received", frame: SeenFrame): void;
}

const headEnd = "\r\n\r\n";

/** A head that does not end is no handshake. */
const mostHeadBytes = 65_536;

/** Watches one connection: the two messages of its handshake, then the frames of both directions. */
export class LineWatch {
  readonly #watcher: LineWatcher;
  readonly #sent: Direction;
  readonly #received: Direction;

  constructor(watcher: LineWatcher) {
    this.#watcher = watcher;
    this.#sent = new Direction((frame) => watcher.frame("sent", frame));
    this.#received = new Direction((frame) => watcher.frame("received", frame));
  }

  /** For the options of a `WebSocket`: makes the transport, and listens in. */
  readonly createConnection: NonNullable<ClientOptions["createConnection"]> = (options) => {
    const { defaultPort, socketPath, host, hostname } = options;
    /* oxlint-disable typescript/no-unsafe-type-assertion -- node:http hands on what it got: options of net and tls included */
    const isSecure = defaultPort === 443;
    const name = host ?? hostname ?? "";
    const tls = options as ConnectionOptions;
    const inner: Duplex = isSecure
      ? tlsConnect({ ...tls, path: undefined, servername: tls.servername ?? (isIP(name) > 0 ? "" : name) } as ConnectionOptions)
      : netConnect({ ...options, path: socketPath ?? undefined } as NetConnectOpts);
    /* oxlint-enable typescript/no-unsafe-type-assertion */
    return new TapStream(inner, {
      sent: (bytes) => this.#sent.push(bytes),
      received: (bytes) => {
        const isHead = this.#received.head === undefined;
        this.#received.push(bytes, isHead ? () => this.#tell() : undefined);
      },
    });
  };

  #tell(): void {
    this.#watcher.handshake({ request: this.#sent.head ?? "", response: this.#received.head ?? "" });
  }
}

/** One direction: a head, then frames. What follows a response that is no 101 is a body, and not looked at. */
class Direction {
  /** Without the empty line; undefined before it is complete. */
  head: string | undefined;
  readonly #frames: FrameReader;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(onFrame: (frame: SeenFrame) => void) {
    this.#frames = new FrameReader(onFrame);
  }

  push(bytes: Buffer, onHead?: () => void): void {
    if (this.head !== undefined) return this.#push(bytes);
    if (this.#bytes.length > mostHeadBytes) return;
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const end = this.#bytes.indexOf(headEnd);
    if (end < 0) return;
    this.head = this.#bytes.toString("latin1", 0, end);
    onHead?.();
    this.#push(this.#bytes.subarray(end + headEnd.length));
  }

  #push(bytes: Buffer): void {
    if (!/^HTTP\/\S+ (?!101)/.test(this.head ?? "")) this.#frames.push(bytes);
  }
}
