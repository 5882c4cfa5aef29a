/** A handler as an attribute takes it: an object that is no function is kept and does nothing when the event comes. */
export type EventHandler<E extends Event> = ((event: E) => unknown) | null;

interface Attribute {
  handler: unknown;
  readonly listener: (event: Event) => void;
}

/**
 * The values of a target's event handler attributes, `onopen` and its like (HTML Standard §8.1.8.1): a handler has its place among the listeners from the time when
 * the attribute was set; another one takes the same place; null gives the place up.
 */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #attributes = new Map<string, Attribute>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get<E extends Event>(type: string): EventHandler<E> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the attribute was given
    return (this.#attributes.get(type)?.handler ?? null) as EventHandler<E>;
  }

  /** What is no object counts as null ([LegacyTreatNonObjectAsNull]). */
  set(type: string, value: unknown): void {
    const attribute = this.#attributes.get(type);
    if ((typeof value !== "function" && typeof value !== "object") || value === null) {
      if (attribute !== undefined) this.#target.removeEventListener(type, attribute.listener);
      this.#attributes.delete(type);
    } else if (attribute !== undefined) attribute.handler = value;
    else this.#add(type, value);
  }

  #add(type: string, handler: object): void {
    const attribute: Attribute = { handler, listener: (event) => this.#call(attribute.handler, event) };
    this.#attributes.set(type, attribute);
    this.#target.addEventListener(type, attribute.listener);
  }

  #call(handler: unknown, event: Event): void {
    if (typeof handler !== "function") return;
    const answer: unknown = Reflect.apply(handler, this.#target, [event]);
    if (answer === false) event.preventDefault();
  }
}
