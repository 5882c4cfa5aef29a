/** The element with this id. @throws Error when the page has none, or another kind of element. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} with the id "${id}"`);
}

/** A new element with its class and its text; text never becomes markup. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/** Shows or hides an element, for the eyes and for the accessibility tree alike. */
export function show(element: HTMLElement, shown: boolean): void {
  element.hidden = !shown;
}
