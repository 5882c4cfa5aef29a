import { byId } from "./elements.ts";

const shownMs = 4_000;

/** A short word at the edge of the screen that goes by itself. */
export class Toast {
  readonly #element = byId("toast", HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string): void {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#element.classList.add("shown");
    this.#timer = setTimeout(() => this.#element.classList.remove("shown"), shownMs);
  }
}
