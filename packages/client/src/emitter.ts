import { ClientError } from "./errors.ts";

/** A map from event names to the arguments that their listeners get. */
export type EventMap<Events> = { readonly [Name in keyof Events]: readonly unknown[] };

/** A function that is called with an event's arguments. */
export type Listener<Arguments extends readonly unknown[]> = (...details: Arguments) => void;

/**
 * Typed listeners. A listener that throws stops neither the other listeners nor the client: its error goes to `onFault` as a
 * {@link ClientError} `listener-failed` whose `cause` it is.
 */
export class Emitter<Events extends EventMap<Events>> {
  readonly #listeners: { [Name in keyof Events]?: ReadonlySet<Listener<Events[Name]>> } = {};
  readonly #onFault: (error: ClientError) => void;

  constructor(onFault: (error: ClientError) => void) {
    this.#onFault = onFault;
  }

  /** Calls `listener` at each `name` from now on. Returns the function that ends it; calling that twice is harmless. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    // One entry per call, so that the same function given twice is called twice and each call can be undone by itself.
    const entry: Listener<Events[Name]> = (...details) => {
      listener(...details);
    };
    this.#listeners[name] = new Set(this.#listeners[name]).add(entry);
    return () => {
      const rest = new Set(this.#listeners[name]);
      rest.delete(entry);
      this.#listeners[name] = rest;
    };
  }

  /** Calls the listeners of `name` that are there now, in the order in which they came. Returns whether there was one. */
  emit<Name extends keyof Events>(name: Name, ...details: Events[Name]): boolean {
    // The sets are replaced and never changed, so a listener may subscribe and unsubscribe at will.
    const listeners = this.#listeners[name];
    if (listeners === undefined) return false;
    for (const listener of listeners) this.#call(name, listener, details);
    return listeners.size > 0;
  }

  #call<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>, details: Events[Name]): void {
    try {
      listener(...details);
    } catch (cause) {
      this.#onFault(new ClientError("listener-failed", `a listener of "${String(name)}" threw: ${String(cause)}`, { cause }));
    }
  }
}
