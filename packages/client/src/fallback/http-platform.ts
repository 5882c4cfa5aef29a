import type { Clock } from "../platform.ts";

/** What is read of a response. */
export interface FetchResponse {
  readonly status: number;
  readonly body: { getReader(): ByteReader } | null;
}

/** Reads a body piece by piece. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** How a request is made. */
export interface FetchInit {
  readonly method: "POST";
  readonly body?: string;
  readonly credentials: "include" | "same-origin";
  readonly signal?: unknown;
  /** The request may outlive the page. */
  readonly keepalive?: boolean;
}

/** The `fetch` of browsers and of Node. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** Ends a request. */
export interface Abort {
  readonly signal: unknown;
  abort(): void;
}

/** Makes text of bytes that come in pieces. */
export interface StreamDecoder {
  decode(bytes: Uint8Array | undefined, options: { readonly stream: boolean }): string;
}

/** What differs from platform to platform. Tests make their own. */
export interface HttpPlatform {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly newAbort: () => Abort;
  readonly newDecoder: () => StreamDecoder;
  /** A fresh name of letters and digits that nobody can guess: who knows a session's name can read and write in it. */
  readonly secretName: () => string;
}

/** The globals that are used; this package is compiled without DOM and Node types. */
interface Globals {
  readonly fetch: Fetch;
  readonly AbortController: new () => Abort;
  readonly TextDecoder: new (label: string, options: { readonly fatal: boolean }) => StreamDecoder;
  readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler knows no DOM here
const globals = globalThis as unknown as Globals;

/** The platform made of the globals; nothing is touched at load time. */
export const webHttp: HttpPlatform = {
  clock: {
    now: () => Date.now(),
    setTimeout: (callback, delayMs) => globals.setTimeout(callback, delayMs),
    clearTimeout: (timer) => globals.clearTimeout(timer),
  },
  fetch: (url, init) => globals.fetch(url, init),
  newAbort: () => new globals.AbortController(),
  newDecoder: () => new globals.TextDecoder("utf-8", { fatal: true }),
  // 16 of 32 letters each: 128 bits from 26 bytes.
  secretName: () => Array.from(globals.crypto.getRandomValues(new Uint8Array(26)), (byte) => (byte & 31).toString(32)).join(""),
};
