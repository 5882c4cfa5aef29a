import type { SocketConstructor, SocketEvent, SocketLike } from "../platform.ts";
import type { HttpPlatform } from "./http-platform.ts";
import { HttpSocket, type HttpTransport } from "./http-socket.ts";
import { Listeners, type SocketEventType } from "./listeners.ts";

/** Which transport carries a connection. */
export type FallbackTransport = "websocket" | HttpTransport;

/** What {@link FallbackSocket} is made with. */
export interface FallbackSettings {
  /** The WebSocket class; undefined where there is none. */
  readonly webSocket: SocketConstructor | undefined;
  readonly path: string;
  readonly webSocketTimeoutMs: number;
  readonly streamTimeoutMs: number;
  readonly retryWebSocketMs: number;
  readonly withCredentials: boolean;
  readonly onTransport: (transport: FallbackTransport) => void;
  readonly platform: HttpPlatform;
}

/** What the connections of one client know of the way: until when WebSocket counts as blocked. */
export interface WayMemory {
  blockedUntil: number;
}

/** The SockJS address that belongs to a hub's WebSocket address: `wss://host/base/hub?q` has `https://host/base/sockjs` and `?q`. */
export function sockjsAddress(hub: string, path: string): { readonly url: string; readonly query: string } {
  const [, scheme = "ws", rest = "", query = ""] = /^(wss?):\/\/([^?#]*)(\?[^#]*)?/.exec(hub) ?? [];
  return { url: `${scheme.replace("ws", "http")}://${rest.replace(/[^/]*$/, "")}${path}`, query };
}

/** A socket that tries WebSocket first and goes over HTTP where that does not open, or opens and never brings anything. */
export class FallbackSocket implements SocketLike {
  readonly #settings: FallbackSettings;
  readonly #memory: WayMemory;
  readonly #hub: string;
  readonly #listeners = new Listeners();
  #socket: SocketLike;
  /** Of the WebSocket: `given-up` for HTTP, or `over` because the client wants no more of it. */
  #state: "connecting" | "silent" | "works" | "given-up" | "over" = "connecting";

  constructor(settings: FallbackSettings, memory: WayMemory, hub: string, protocols?: string | string[]) {
    this.#settings = settings;
    this.#memory = memory;
    this.#hub = hub;
    const { webSocket, platform } = settings;
    const isBlocked = webSocket === undefined || platform.clock.now() < memory.blockedUntil;
    this.#socket = isBlocked ? this.#overHttp() : this.#overWebSocket(webSocket, protocols);
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  addEventListener(type: SocketEventType, listener: (event: SocketEvent) => void): void {
    this.#listeners.add(type, listener);
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number, reason?: string): void {
    this.#leave();
    this.#socket.close(code, reason);
  }

  terminate(): void {
    // Only who gives up has seen that it is blocked: an application that leaves early has not.
    if (this.#state === "silent") this.#foundBlocked();
    this.#leave();
    if (this.#socket.terminate === undefined) this.#socket.close(4500, "coming back");
    else this.#socket.terminate();
  }

  #leave(): void {
    if (this.#state !== "given-up") this.#state = "over";
  }

  /** Something on the way lets the handshake through and nothing else, or not even that. */
  #foundBlocked(): void {
    const { platform, retryWebSocketMs } = this.#settings;
    const now = platform.clock.now();
    if (now >= this.#memory.blockedUntil) this.#memory.blockedUntil = now + retryWebSocketMs;
  }

  #overWebSocket(webSocket: SocketConstructor, protocols: string | string[] | undefined): SocketLike {
    const { platform, webSocketTimeoutMs, onTransport } = this.#settings;
    const socket = new webSocket(this.#hub, protocols);
    const giveUp = (): void => {
      platform.clock.clearTimeout(deadline);
      if (this.#state !== "connecting") return;
      this.#state = "given-up";
      this.#socket = this.#overHttp();
      quietly(() => socket.close());
    };
    const deadline = platform.clock.setTimeout(giveUp, webSocketTimeoutMs);
    socket.addEventListener("open", () => {
      platform.clock.clearTimeout(deadline);
      if (this.#state !== "connecting") return quietly(() => socket.close());
      this.#state = "silent";
      onTransport("websocket");
      this.#listeners.emit("open");
    });
    socket.addEventListener("message", (event) => {
      if (this.#state === "silent") this.#state = "works";
      this.#listeners.emit("message", event);
    });
    socket.addEventListener("error", () => {
      if (this.#state === "connecting") giveUp();
      else if (this.#state !== "given-up") this.#listeners.emit("error");
    });
    socket.addEventListener("close", (event) => {
      if (this.#state === "connecting") return giveUp();
      if (this.#state === "given-up") return;
      platform.clock.clearTimeout(deadline);
      if (this.#state === "silent" && event.code === 1006) this.#foundBlocked();
      this.#listeners.emit("close", event);
    });
    return socket;
  }

  #overHttp(): SocketLike {
    const { path, streamTimeoutMs, withCredentials, onTransport, platform } = this.#settings;
    const options = {
      ...sockjsAddress(this.#hub, path),
      streamTimeoutMs,
      withCredentials,
      onTransport: (transport: HttpTransport) => {
        // Only now is it WebSocket that is blocked: before, the server may as well be away.
        this.#foundBlocked();
        onTransport(transport);
      },
    };
    const socket = new HttpSocket(options, platform);
    for (const type of ["open", "message", "error", "close"] as const)
      socket.addEventListener(type, (event) => this.#listeners.emit(type, event));
    return socket;
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // It is given up either way.
  }
}
