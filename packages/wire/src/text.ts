const visibleAscii = /^[!-~]+$/;
const controlCharacter = /\p{Cc}/u;
// With the flag u a pair is one code point, so only a half alone is of the class Cs.
const loneSurrogate = /\p{Cs}/u;
const edgeSpace = /^\s|\s$/;

/** How many bytes `text` takes in UTF-8. A lone surrogate counts as the three bytes of U+FFFD, as encoders write it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // The second half of a pair costs nothing more: four bytes are two for each.
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) index++;
  }
  return bytes;
}

/** True when the text holds a half of a surrogate pair alone: such a text has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return loneSurrogate.test(text);
}

/** True for one or more characters from `!` to `~`: no space, nothing beyond ASCII. */
export function isVisibleAscii(text: string): boolean {
  return visibleAscii.test(text);
}

/** A value as it may stand in an error text: its JSON form, cut to 40 characters. */
export function shorten(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return JSON.stringify(typeof value === "string" && value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

/**
 * Checks a room's or user's name against the rules under "Names" of docs/wire/hub-v1.md.
 * Returns what is wrong with it, or `undefined` when it is fine. `limit` is in bytes of UTF-8.
 */
export function checkName(name: string, limit = 255): string | undefined {
  if (name === "") return "is empty, a name has 1 or more bytes";
  // Tested before the length is counted: counting a megabyte to refuse it would be the sender's gain.
  const bytes = name.length > limit ? name.length : utf8Length(name);
  if (bytes > limit) return `${shorten(name)} has ${name.length > limit ? "at least " : ""}${bytes} bytes, the limit is ${limit}`;
  if (controlCharacter.test(name)) return `${shorten(name)} has a control character`;
  if (hasLoneSurrogate(name)) return `${shorten(name)} has a lone surrogate`;
  if (edgeSpace.test(name)) return `${shorten(name)} begins or ends with white space`;
  return undefined;
}
