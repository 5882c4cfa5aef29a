import { byId } from "./elements.ts";

/** The text field: Enter sends, Shift and Enter start a new line, and an input method's Enter stays its own. */
export class Composer {
  readonly #text = byId("text", HTMLTextAreaElement);
  readonly #send = byId("send", HTMLButtonElement);
  readonly #error = byId("composer-error", HTMLElement);

  /** `send` returns what is wrong with the text, if anything; the text stays then. */
  constructor(actions: { send: (text: string) => string | undefined; edited: (text: string) => void }) {
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(actions.send);
    });
    this.#text.addEventListener("keydown", (event) => {
      // keyCode 229 is how Safari marks the Enter that ends an input method's composition.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit(actions.send);
    });
    this.#text.addEventListener("input", () => {
      this.#changed();
      actions.edited(this.#text.value);
    });
    this.#changed();
  }

  focus(): void {
    // On a phone the keyboard would cover the messages that one came to read.
    if (matchMedia("(hover: hover)").matches) this.#text.focus();
  }

  set room(room: string) {
    // A placeholder does not get shorter by itself: a long one would make the field three lines high.
    this.#text.placeholder = room.length <= 24 ? `Write to ${room}` : "Write a message";
  }

  #submit(send: (text: string) => string | undefined): void {
    const text = this.#text.value.trim();
    if (text === "") return;
    const fault = send(text);
    if (fault === undefined) this.#text.value = "";
    this.#changed();
    this.#error.textContent = fault ?? "";
    this.#text.focus();
  }

  #changed(): void {
    this.#error.textContent = "";
    this.#send.disabled = this.#text.value.trim() === "";
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
