import type { EventEmitter } from "node:events";
import { CloseEvent, ErrorEvent, Event, MessageEvent, type WebSocketEventMap } from "./events.ts";
import type { RawData, WebSocket } from "./websocket.ts";

export type EventType = keyof WebSocketEventMap;

/** A listener as `addEventListener` takes it: a function, or an object with `handleEvent`. */
export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface EventListenerOptions {
  /** Remove the listener after its first call. */
  readonly once?: boolean | undefined;
}

type AnyListener = EventListener<Event & MessageEvent & CloseEvent & ErrorEvent>;
type Source = WebSocket & EventEmitter;

/** An EventEmitter listener that makes the event object and hands it on. `attribute` marks the one behind `onmessage` and its like. */
interface Wrapper {
  (...args: never[]): void;
  listener?: unknown;
  attribute?: boolean;
}

function call(target: WebSocket, listener: unknown, event: Event): void {
  if (typeof listener === "function") listener.call(target, event);
  else (listener as { handleEvent(event: Event): void }).handleEvent(event);
}

function wrap(target: WebSocket, type: EventType, listener: unknown): Wrapper {
  switch (type) {
    case "open":
      return () => call(target, listener, new Event("open", target));
    case "message":
      return (data: RawData, isBinary: boolean) => call(target, listener, new MessageEvent(target, isBinary ? data : data.toString()));
    case "close":
      return (code: number, reason: Buffer) => call(target, listener, new CloseEvent(target, code, reason.toString(), target.wasClean));
    case "error":
      return (error: Error) => call(target, listener, new ErrorEvent(target, error));
  }
}

function wrappersOf(target: Source, type: EventType): Wrapper[] {
  return target.listeners(type) as Wrapper[];
}

function isEventType(type: string): type is EventType {
  return type === "open" || type === "message" || type === "close" || type === "error";
}

/** Registers `listener` for events of that type; a second time changes nothing. Unknown types are ignored, as in `ws`. */
export function addEventListener(target: Source, type: string, listener: unknown, options?: EventListenerOptions): void {
  if (!isEventType(type) || (typeof listener !== "function" && typeof listener !== "object") || listener === null) return;
  for (const wrapper of wrappersOf(target, type)) if (wrapper.listener === listener && wrapper.attribute !== true) return;
  register(target, type, listener, false, options?.once === true);
}

/** Takes away what {@link addEventListener} registered. */
export function removeEventListener(target: Source, type: string, listener: unknown): void {
  if (!isEventType(type)) return;
  for (const wrapper of wrappersOf(target, type)) {
    if (wrapper.listener === listener && wrapper.attribute !== true) {
      target.removeListener(type, wrapper);
      return;
    }
  }
}

/** The listener behind `onopen`, `onmessage`, `onclose` or `onerror`. */
export function attributeListener<K extends EventType>(target: Source, type: K): ((event: WebSocketEventMap[K]) => void) | null {
  const found = wrappersOf(target, type).find((wrapper) => wrapper.attribute === true);
  return found === undefined ? null : (found.listener as (event: WebSocketEventMap[K]) => void);
}

/** Replaces the listener behind an `on…` attribute; anything but a function takes it away. */
export function setAttributeListener(target: Source, type: EventType, listener: unknown): void {
  const found = wrappersOf(target, type).find((wrapper) => wrapper.attribute === true);
  if (found !== undefined) target.removeListener(type, found);
  if (typeof listener === "function") register(target, type, listener as AnyListener, true, false);
}

function register(target: Source, type: EventType, listener: unknown, attribute: boolean, once: boolean): void {
  const wrapper = wrap(target, type, listener);
  wrapper.listener = listener;
  wrapper.attribute = attribute;
  if (once) target.once(type, wrapper);
  else target.on(type, wrapper);
}
