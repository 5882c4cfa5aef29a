import { FakeClock } from "@openline/testkit";
import { type ClientMessage, type Connected, defaultLimits, encode, parseClientMessage, type ServerMessage } from "@openline/wire";
import { HubClient } from "../src/client.ts";
import type { ClientOptions } from "../src/options.ts";
import type { NetworkListeners, Platform, SocketEvent, SocketLike } from "../src/platform.ts";

/** The server's end of one scripted connection: what the client did is recorded, what the server does is called. */
export class FakeSocket implements SocketLike {
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  readonly sent: ClientMessage[] = [];
  readonly texts: string[] = [];
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;
  terminated = false;
  bufferedAmount = 0;
  onSend: ((message: ClientMessage) => void) | undefined;
  readonly #listeners = new Map<string, (event: SocketEvent) => void>();

  constructor(url: string, protocols?: string | string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    if (this.closedWith !== undefined || this.terminated) throw new Error("the socket is closed");
    const parsed = parseClientMessage(text);
    if (!parsed.ok) throw new Error(`the client broke the wire format: ${parsed.error.message}`);
    this.sent.push(parsed.message);
    this.texts.push(text);
    this.onSend?.(parsed.message);
  }

  close(code?: number, reason?: string): void {
    this.closedWith ??= { code, reason };
  }

  terminate(): void {
    this.terminated = true;
  }

  open(): void {
    this.#emit("open", {});
  }

  receive(message: ServerMessage): void {
    this.receiveText(encode(message));
  }

  receiveText(data: unknown): void {
    this.#emit("message", { data });
  }

  error(): void {
    this.#emit("error", {});
  }

  closed(code: number, reason = ""): void {
    this.#emit("close", { code, reason });
  }

  /** The last message of `type` that the client sent. */
  last<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }> {
    const found = this.sent.findLast((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
    if (found === undefined) throw new Error(`the client sent no ${type}, but ${this.texts.join(" ") || "nothing"}`);
    return found;
  }

  count(type: ClientMessage["type"]): number {
    return this.sent.filter((message) => message.type === type).length;
  }

  #emit(type: string, event: SocketEvent): void {
    this.#listeners.get(type)?.(event);
  }
}

/** A platform whose time, chance, sockets and network are in the test's hands. */
export class FakePlatform implements Platform {
  readonly clock: FakeClock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly reported: unknown[] = [];
  readonly baseUrl: string | undefined;
  readonly securePage: boolean = false;
  /** What `random` gives. */
  chance = 0.5;
  network: NetworkListeners | undefined;
  isHidden = false;

  readonly random = (): number => this.chance;
  readonly hidden = (): boolean => this.isHidden;
  readonly uniqueName = (): string => "c1";
  readonly reportError = (error: unknown): void => {
    this.reported.push(error);
  };
  readonly webSocket = (): (new (url: string, protocols?: string | string[]) => FakeSocket) => {
    const { sockets } = this;
    return class extends FakeSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
  };
  readonly watchNetwork = (listeners: NetworkListeners): (() => void) => {
    this.network = listeners;
    return () => {
      this.network = undefined;
    };
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("the client opened no socket");
    return socket;
  }

  client(options: ClientOptions = {}): HubClient {
    return new HubClient("ws://hub.test/", options, this);
  }

  /** Opens the newest socket and answers `connect`. */
  establish(fields: Partial<Connected> = {}): FakeSocket {
    this.socket.open();
    this.socket.receive(connected(fields));
    return this.socket;
  }

  /** Breaks the newest socket and waits until the client has opened the next one. */
  reconnect(fields: Partial<Connected> = {}): FakeSocket {
    const before = this.sockets.length;
    this.socket.closed(1006);
    while (this.sockets.length === before) this.clock.advance(this.clock.nextAt - this.clock.now());
    return this.establish({ resumed: true, ...fields });
  }
}

export function connected(fields: Partial<Connected> = {}): Connected {
  return {
    type: "connected",
    ref: 0,
    version: 1,
    session: { id: "s1", resume: "secret1" },
    resumed: false,
    heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
    sessionTtlMs: 60_000,
    limits: defaultLimits,
    node: "n1",
    time: 0,
    ...fields,
  };
}

/** A stored message at `position`, of the room "lobby" unless told otherwise. */
export function stored(
  position: string,
  previous: string | null | undefined,
  fields: { data?: unknown; room?: string; id?: string } = {},
): ServerMessage {
  const { data = position, room = "lobby", id } = fields;
  return { type: "message", room, position, ...(previous !== undefined && { previous }), data, ...(id !== undefined && { id }), time: 1 };
}
