import type * as web from "@openline/ws/web";

/** Where a case runs: our classes in Node, or a browser's in a page. Addresses are those of the test server, whose page the realm's base is. */
export interface Realm {
  readonly WebSocket: typeof web.WebSocket;
  readonly CloseEvent: typeof web.CloseEvent;
  readonly WebSocketStream: typeof web.WebSocketStream;
  readonly WebSocketError: typeof web.WebSocketError;
  /** `ws://host:port` or `wss://host:port`. */
  readonly server: string;
  /** Whether connections go over HTTP/2 (RFC 8441). */
  readonly isHttp2: boolean;
  /** The page's address. */
  readonly base: string;
}

/** One rule of the WebSockets Standard (or of what it builds on) as a script can see it. Runs as it is in Node and in a browser. */
export interface Case {
  /** The rule, with its section. */
  readonly name: string;
  /** HTTP/2 has nothing of the kind: no accept value, no answer in pieces. */
  readonly isHttp1?: boolean;
  run(realm: Realm): Promise<void> | void;
}

/** The rules of one part of the standard. */
export interface Part {
  readonly title: string;
  readonly cases: readonly Case[];
}

/** @throws Error that shows both unless they are the same, looked at as JSON where they are objects */
export function same(actual: unknown, wanted: unknown, what = ""): void {
  if (Object.is(actual, wanted) || (typeof wanted === "object" && JSON.stringify(actual) === JSON.stringify(wanted))) return;
  throw new Error(`${what}: ${show(actual)}, wanted ${show(wanted)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not so: ${what}`);
}

/** @throws Error unless `act` throws an error of that name; a DOMException unless it is `TypeError` */
export function throws(name: string, act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  const found = thrown instanceof Error ? thrown.name : "nothing";
  same(found, name, "thrown");
  same(thrown instanceof DOMException, name !== "TypeError", "is a DOMException");
}

/** What the promise is rejected with. @throws Error when it is not */
export async function rejects(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("not rejected");
    },
    (reason: unknown) => reason,
  );
}

/** The next event of that type; rejects when `close` comes instead, or after 20 s. */
export async function next<E extends Event>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type} within 20 s`)), 20_000);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type says which events it has
    target.addEventListener(type, (event) => (clearTimeout(timer), resolve(event as E)), { once: true });
    if (type !== "close") {
      target.addEventListener("close", () => (clearTimeout(timer), reject(new Error(`close instead of ${type}`))), { once: true });
    }
  });
}

/** Bytes that no compression makes fewer. */
export function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(data.subarray(at, at + 65_536));
  return data;
}

/** Turns of the event loop. */
export async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function show(value: unknown): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? "undefined") : String(value);
}
