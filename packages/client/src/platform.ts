/** The time, as the client sees it: `now` in milliseconds since 1970. `@openline/testkit`'s FakeClock fits. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** What the client reads of a WebSocket's events. */
export interface SocketEvent {
  readonly type?: string;
  /** Of a message: a string when it was text. */
  readonly data?: unknown;
  /** Of a close. */
  readonly code?: number;
  /** Of a close. */
  readonly reason?: string;
}

/** What the client needs of a WebSocket: the browser's, `@openline/ws`'s and the npm package `ws`'s all fit. */
export interface SocketLike {
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: SocketEvent) => void): void;
  /** Bytes given to `send` that the network has not taken yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Breaks the transport without a closing handshake. Browsers have none; `close` stands in. */
  terminate?(): void;
}

/** A WebSocket class. */
export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

/** What differs from platform to platform. The entries `browser.ts` and `node.ts` make one each; tests make their own. */
export interface Platform {
  readonly clock: Clock;
  /** A number in [0, 1): spreads reconnects. Need not be cryptographic. */
  readonly random: () => number;
  /** A fresh string of 1 to 40 visible ASCII characters that no other client has: the first half of every publish id. */
  readonly uniqueName: () => string;
  /** The WebSocket class, `undefined` where the platform has none. */
  readonly webSocket: () => SocketConstructor | undefined;
  /** What relative URLs are resolved against, `undefined` without a document. */
  readonly baseUrl: string | undefined;
  /** Whether the page came over https, so that `ws:` is refused. */
  readonly securePage: boolean;
  /** Whether nobody sees the page. */
  readonly hidden: () => boolean;
  /** Says when the network goes and comes, and when the page is hidden or shown. Returns the function that ends the subscription. */
  readonly watchNetwork: (listeners: NetworkListeners) => () => void;
  /** Shows an error that nobody listens to, without breaking the caller. */
  readonly reportError: (error: unknown) => void;
}

/** Called when the network goes and comes, and when the page is hidden or shown. */
export interface NetworkListeners {
  readonly visibility: () => void;
  readonly offline: () => void;
  readonly online: () => void;
}

interface EventSource {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: unknown }): void;
}

/** The few globals of the web platform that the client uses; what not every platform has may be absent. This package is compiled without DOM and Node types. */
interface Globals extends EventSource {
  readonly WebSocket?: SocketConstructor;
  readonly URL: new (input: string, base: string | undefined) => ParsedUrl;
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
  readonly document?: EventSource & { readonly baseURI?: string; readonly hidden?: boolean };
  readonly location?: { readonly href?: string; readonly protocol?: string };
  readonly crypto?: { getRandomValues(bytes: Uint8Array): Uint8Array };
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The parts of a parsed URL that the client reads and writes. */
export interface ParsedUrl {
  protocol: string;
  pathname: string;
  hash: string;
  readonly host: string;
  readonly href: string;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler knows no DOM here, and every member that may be absent is optional
const globals = globalThis as unknown as Globals;

/** Parses `input`. @throws TypeError when it is no URL. */
export function parseUrl(input: string, base: string | undefined): ParsedUrl {
  return new globals.URL(input, base);
}

const realClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => globals.setTimeout(callback, delayMs),
  clearTimeout: (timer) => {
    globals.clearTimeout(timer);
  },
};

/**
 * The platform made of the globals that are there when it is asked. Nothing is touched at load time, so a module that imports the
 * client loads in any JavaScript, server-side rendering included.
 *
 * @param webSocket Used where given (Node 20 has no WebSocket of its own), else `globalThis.WebSocket`.
 */
export function webPlatform(webSocket?: SocketConstructor): Platform {
  return {
    clock: realClock,
    random: Math.random,
    uniqueName,
    webSocket: () => webSocket ?? globals.WebSocket,
    baseUrl: globals.document?.baseURI ?? globals.location?.href,
    securePage: globals.location?.protocol === "https:",
    hidden: () => globals.document?.hidden === true,
    watchNetwork,
    reportError,
  };
}

/** 24 letters and digits from the cryptographic source where there is one. */
function uniqueName(): string {
  const bytes = new Uint8Array(24);
  const drawn = globals.crypto?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256);
  return Array.from(drawn, (byte) => (byte % 36).toString(36)).join("");
}

function watchNetwork({ offline, online, visibility }: NetworkListeners): () => void {
  const watch = new globals.AbortController();
  globals.addEventListener?.("offline", offline, watch);
  globals.addEventListener?.("online", online, watch);
  globals.document?.addEventListener?.("visibilitychange", visibility, watch);
  return () => {
    watch.abort();
  };
}

function reportError(error: unknown): void {
  globals.setTimeout(() => {
    throw error;
  }, 0);
}
