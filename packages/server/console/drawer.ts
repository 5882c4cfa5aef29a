import { byId, show } from "./elements.ts";

/** On narrow screens members and details lie in a drawer; on wide ones they are always there and this does nothing. */
export class Drawer {
  readonly #details = byId("details", HTMLElement);
  readonly #backdrop = byId("backdrop", HTMLElement);
  readonly #opener = byId("open-details", HTMLButtonElement);
  readonly #closer = byId("close-details", HTMLButtonElement);

  constructor() {
    this.#opener.addEventListener("click", () => this.#set(true));
    this.#closer.addEventListener("click", () => this.#set(false));
    this.#backdrop.addEventListener("click", () => this.#set(false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#details.classList.contains("open")) this.#set(false);
    });
    matchMedia("(width >= 60rem)").addEventListener("change", () => this.#set(false));
  }

  #set(open: boolean): void {
    const wasOpen = this.#details.classList.contains("open");
    this.#details.classList.toggle("open", open);
    this.#opener.ariaExpanded = String(open);
    show(this.#backdrop, open);
    if (open) this.#closer.focus();
    else if (wasOpen) this.#opener.focus();
  }
}
