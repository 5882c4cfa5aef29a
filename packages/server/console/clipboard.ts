import { make } from "./elements.ts";

/** Puts a text on the clipboard; false when the browser will not have it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard object outside a secure context (plain http on a LAN address), or no permission.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const field = make("textarea", "visually-hidden");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
