import { EventEmitter } from "node:events";

/* oxlint-disable typescript/no-explicit-any -- events of the user's own may carry anything, as in the types of EventEmitter and of `ws` */

/**
 * An EventEmitter whose own events are typed, with the emitter as `this` of their listeners. Other names are let through, as `@types/ws` does: programs
 * have events of their own on a socket.
 */
export interface Emitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  on<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  on(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  once<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  once(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  off<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  off(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  addListener<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  addListener(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  removeListener<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  removeListener(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  prependListener<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  prependListener(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  prependOnceListener<K extends keyof Events>(event: K, listener: (this: this, ...values: Events[K]) => void): this;
  prependOnceListener(event: string | symbol, listener: (this: this, ...values: any[]) => void): this;
  emit<K extends keyof Events>(event: K, ...values: Events[K]): boolean;
  emit(event: string | symbol, ...values: any[]): boolean;
}

/**
 * The table of listeners, as an object with a hidden class. The one that Node's constructor makes, `{ __proto__: null }`, is a hash table with a hidden class of
 * its own: 380 bytes for each emitter, where two listeners take 64 here.
 */
class Listeners {
  [event: string | symbol]: unknown;
}
// Nobody listens to an event called "constructor" or "toString".
Reflect.deleteProperty(Listeners.prototype, "constructor");
Object.setPrototypeOf(Listeners.prototype, null);

/** The fields that an EventEmitter has of its own: Node's methods ask for these two; `_maxListeners` stands on its prototype until somebody sets it. Without `extends`, so that its constructor is not called. */
class SlimEmitter {
  _events: Listeners = new Listeners();
  _eventsCount = 0;
}
Object.setPrototypeOf(SlimEmitter, EventEmitter);
Object.setPrototypeOf(SlimEmitter.prototype, EventEmitter.prototype);

/** `EventEmitter`, to be extended with those types. */
export const Emitter: Pick<typeof EventEmitter, keyof typeof EventEmitter> &
  (new <Events extends Record<keyof Events, unknown[]>>() => Emitter<Events>) =
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- by its prototypes it is one
  SlimEmitter as unknown as typeof EventEmitter;

/** Undefined once a program uses domains: their `emit` does more. */
const plainEmit: unknown = Reflect.get(EventEmitter, "usingDomains") === true ? undefined : Reflect.get(EventEmitter.prototype, "emit");

type Listener<Values extends unknown[]> = (this: unknown, ...values: Values) => void;

/**
 * The only listener for `message`, where to call it is all that `emit` would do: it looks the name up among all names of the process, and makes a list of the
 * arguments, 20 ns of 190 for a small message. Undefined for none, for several, where somebody has replaced `emit`, and where rejections are captured.
 */
export function soleMessageListener<Values extends unknown[]>(emitter: Emitter<{ message: Values }>): Listener<Values> | undefined {
  if (emitter.emit !== plainEmit || EventEmitter.captureRejections) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, no-underscore-dangle -- its own field; what stands there was registered for these values
  const { message } = (emitter as unknown as { readonly _events: { readonly message?: Listener<Values> } })._events;
  return typeof message === "function" ? message : undefined;
}
