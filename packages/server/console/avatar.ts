import { make } from "./elements.ts";
import { hue, initials } from "./person.ts";

/** The round sign of a person, from the initials of the name. */
export function avatar(name: string): HTMLElement {
  const element = make("span", "avatar", initials(name));
  element.ariaHidden = "true";
  element.style.setProperty("--hue", String(hue(name)));
  return element;
}

/** The sign of a program that gave no name. */
export function programAvatar(): HTMLElement {
  const element = make("span", "avatar program", "{}");
  element.ariaHidden = "true";
  return element;
}
