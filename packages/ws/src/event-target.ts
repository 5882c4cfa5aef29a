/* oxlint-disable typescript/no-unsafe-type-assertion -- an EventEmitter keeps its listeners untyped; what is read back here was put in by `register`, below. */
import type { EventEmitter } from "node:events";
import { Emitter } from "./emitter.ts";
import { CloseEvent, ErrorEvent, Event, MessageEvent, type WebSocketEventMap, type WebSocketEvents } from "./events.ts";
import type { RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/** A listener as `addEventListener` takes it: a function, or an object with `handleEvent`. */
export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface EventListenerOptions {
  /** Remove the listener after its first call. */
  readonly once?: boolean | undefined;
}

type EventType = keyof WebSocketEventMap;

/**
 * An EventEmitter listener that makes the event object and hands it on. `attribute` marks the one behind `onmessage` and its like.
 * Not called `listener`: under that name EventEmitter keeps what `once` wraps, and `listeners()` would unwrap ours.
 */
type Wrapper = Parameters<EventEmitter["on"]>[1] & { handler?: unknown; attribute?: boolean };

/** The DOM's way of listening, on top of Node's: `addEventListener`, and `onopen`, `onmessage`, `onclose`, `onerror`. */
export abstract class EventTarget extends Emitter<WebSocketEvents> {
  /** Whether both close frames went over the line. False before the end. */
  abstract get wasClean(): boolean;

  get onopen(): ((event: Event) => void) | null {
    return attributeOf(this, "open");
  }
  set onopen(listener: ((event: Event) => void) | null) {
    setAttribute(this, "open", listener);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return attributeOf(this, "message");
  }
  set onmessage(listener: ((event: MessageEvent) => void) | null) {
    setAttribute(this, "message", listener);
  }

  get onclose(): ((event: CloseEvent) => void) | null {
    return attributeOf(this, "close");
  }
  set onclose(listener: ((event: CloseEvent) => void) | null) {
    setAttribute(this, "close", listener);
  }

  get onerror(): ((event: ErrorEvent) => void) | null {
    return attributeOf(this, "error");
  }
  set onerror(listener: ((event: ErrorEvent) => void) | null) {
    setAttribute(this, "error", listener);
  }

  /** Registers `listener` for events of that type; a second time changes nothing. Unknown types are ignored, as in `ws`. */
  addEventListener<K extends EventType>(type: K, listener: EventListener<WebSocketEventMap[K]>, options?: EventListenerOptions): void {
    if (!isEventType(type) || (typeof listener !== "function" && typeof listener !== "object") || listener === null) return;
    if (wrapperOf(this, type, listener) === undefined) register(this, type, listener, false, options?.once === true);
  }

  /** Takes away what `addEventListener` registered. */
  removeEventListener<K extends EventType>(type: K, listener: EventListener<WebSocketEventMap[K]>): void {
    const wrapper = isEventType(type) ? wrapperOf(this, type, listener) : undefined;
    if (wrapper !== undefined) unregister(this, type, wrapper);
  }
}

// Functions and no methods: private ones would cost each socket 8 bytes.

function wrappersOf(target: EventTarget, type: EventType): Wrapper[] {
  return target.listeners(type) as Wrapper[];
}

function wrapperOf(target: EventTarget, type: EventType, listener: unknown): Wrapper | undefined {
  return wrappersOf(target, type).find((wrapper) => wrapper.handler === listener && wrapper.attribute === false);
}

function attributeOf<K extends EventType>(target: EventTarget, type: K): ((event: WebSocketEventMap[K]) => void) | null {
  const found = wrappersOf(target, type).find((wrapper) => wrapper.attribute === true);
  return found === undefined ? null : (found.handler as (event: WebSocketEventMap[K]) => void);
}

function unregister(emitter: EventEmitter, type: EventType, wrapper: Wrapper): void {
  emitter.removeListener(type, wrapper);
}

// Anything but a function takes the listener away.
function setAttribute(target: EventTarget, type: EventType, listener: unknown): void {
  const found = wrappersOf(target, type).find((wrapper) => wrapper.attribute === true);
  if (found !== undefined) unregister(target, type, found);
  if (typeof listener === "function") register(target, type, listener, true, false);
}

function register(target: EventTarget, type: EventType, listener: unknown, attribute: boolean, once: boolean): void {
  const emitter: EventEmitter = target;
  const wrapper = wrappers[type](target as unknown as WebSocket, listener);
  wrapper.handler = listener;
  wrapper.attribute = attribute;
  if (once) emitter.once(type, wrapper);
  else emitter.on(type, wrapper);
}

const wrappers: Readonly<Record<EventType, (target: WebSocket, listener: unknown) => Wrapper>> = {
  open: (target, listener) => () => call(target, listener, new Event("open", target)),
  // Text comes as a Buffer whatever `binaryType` says.
  message: (target, listener) => (data: RawData, isBinary: boolean) =>
    call(target, listener, new MessageEvent(target, isBinary ? data : (data as Buffer).toString())),
  close: (target, listener) => (code: number, reason: Buffer) =>
    call(target, listener, new CloseEvent(target, code, reason.toString(), target.wasClean)),
  error: (target, listener) => (error: Error) => call(target, listener, new ErrorEvent(target, error)),
};

function call(target: WebSocket, listener: unknown, event: Event): void {
  if (typeof listener === "function") listener.call(target, event);
  else (listener as { handleEvent(event: Event): void }).handleEvent(event);
}

function isEventType(type: string): type is EventType {
  return Object.hasOwn(wrappers, type);
}

// Listed by `for in`, as in the DOM.
for (const name of Object.keys(wrappers)) Object.defineProperty(EventTarget.prototype, `on${name}`, { enumerable: true });
