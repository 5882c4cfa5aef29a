import { type Choice, checkChoice } from "./choice.ts";
import { byId, show } from "./elements.ts";

/** The door of the page: asks for a name and a room, and says inline what is wrong with them. */
export class EntryForm {
  readonly #form = byId("entry-form", HTMLFormElement);
  readonly #name = byId("name", HTMLInputElement);
  readonly #room = byId("room", HTMLInputElement);
  readonly #back = byId("entry-back", HTMLButtonElement);

  constructor(actions: { enter(choice: Choice): void; back(): void }) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const choice = this.#read();
      if (choice !== undefined) actions.enter(choice);
    });
    for (const field of [this.#name, this.#room]) field.addEventListener("input", () => showFault(field, undefined));
    this.#back.addEventListener("click", () => actions.back());
  }

  /** Fills the fields and puts the cursor where something is missing. `current` is the room that one may stay in. */
  open(name: string, room: string, current: string | undefined): void {
    this.#name.value = name;
    this.#room.value = room;
    for (const field of [this.#name, this.#room]) showFault(field, undefined);
    show(this.#back, current !== undefined);
    (name === "" ? this.#name : this.#room).focus();
    if (name !== "") this.#room.select();
  }

  #read(): Choice | undefined {
    const choice = { name: this.#name.value.trim(), room: this.#room.value.trim() };
    const faults = checkChoice(choice);
    showFault(this.#room, faults.room);
    showFault(this.#name, faults.name);
    if (faults.name !== undefined) this.#name.focus();
    else if (faults.room !== undefined) this.#room.focus();
    return faults.name === undefined && faults.room === undefined ? choice : undefined;
  }
}

function showFault(field: HTMLInputElement, fault: string | undefined): void {
  field.ariaInvalid = String(fault !== undefined);
  byId(`${field.id}-error`, HTMLElement).textContent = fault ?? "";
}
