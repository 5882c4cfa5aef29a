import { ClientError } from "./errors.ts";

/** A map from event names to the arguments that their listeners get. */
export type EventMap<Events> = { readonly [Name in keyof Events]: readonly unknown[] };

/** A function that is called with an event's arguments. */
export type Listener<Arguments extends readonly unknown[]> = (...details: Arguments) => void;

/**
 * Typed listeners. A listener that throws stops neither the other listeners nor the client: its error goes to the `error` listeners as a
 * {@link ClientError} `listener-failed` whose `cause` it is, and to `next` when there are none or when they throw themselves.
 */
export class Emitter<Events extends EventMap<Events> & { readonly error: readonly [error: ClientError] }> {
  readonly #listeners: { [Name in keyof Events]?: ReadonlySet<Listener<Events[Name]>> } = {};
  readonly #next: (error: ClientError) => void;
  #reporting = false;

  constructor(next: (error: ClientError) => void) {
    this.#next = next;
  }

  /** Brings an error to the `error` listeners, or further. */
  readonly report = (error: ClientError): void => {
    // An error of an error listener goes further instead of round in circles.
    const isNested = this.#reporting;
    this.#reporting = true;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constraint of Events says so; the compiler does not follow it there
    if (isNested || !this.emit("error", ...([error] as unknown as Events["error"]))) this.#next(error);
    this.#reporting = isNested;
  };

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
      this.report(new ClientError("listener-failed", `a listener of "${String(name)}" threw: ${String(cause)}`, { cause }));
    }
  }
}
