import type { OutgoingMessage } from "@openline/hub";

/**
 * What one kind of transport makes of an outgoing message, made once for all its receivers (contract 9). Not kept on the message's own `frame`, which is WebSocket's: a room may
 * have members behind several doors by turns, and each would make its form anew for each of them.
 */
export class OncePerMessage<Form extends object, Rest extends readonly unknown[] = []> {
  readonly #make: (text: string, ...rest: Rest) => Form;
  readonly #forms = new WeakMap<OutgoingMessage, Form>();

  /** `make` also gets what its callers know of the message, the same for all of them. */
  constructor(make: (text: string, ...rest: Rest) => Form) {
    this.#make = make;
  }

  of(message: OutgoingMessage, ...rest: Rest): Form {
    let form = this.#forms.get(message);
    if (form === undefined) {
      form = this.#make(message.text, ...rest);
      this.#forms.set(message, form);
    }
    return form;
  }
}
