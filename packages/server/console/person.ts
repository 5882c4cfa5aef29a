const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One or two initials of a name: of its first and last word, or its first character where the script has no capitals. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== "");
  const first = firstGrapheme(words[0] ?? name);
  const last = words.length > 1 ? firstGrapheme(words.at(-1) ?? "") : "";
  return hasCase(first) && hasCase(last) ? (first + last).toUpperCase() : first.toUpperCase();
}

/** A hue in degrees for a person's sign; the same name has the same one on every screen (FNV-1a over its UTF-16 units). */
export function hue(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  // FNV's low bits differ least between short names: fold the high ones in. 24 hues can be told apart; those between 53 and 125 degrees look muddy.
  return (125 + (((hash ^ (hash >>> 15)) >>> 0) % 24) * 12) % 360;
}

/** Names of people in one sentence, each isolated from the direction of the others (Unicode UAX #9, FSI and PDI). */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `\u2068${name}\u2069`);
  const others = names.length - shown.length;
  if (others > 0) shown.push(others === 1 ? "one more" : `${others} more`);
  const last = shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

function firstGrapheme(text: string): string {
  return graphemes.segment(text)[Symbol.iterator]().next().value?.segment ?? "";
}

function hasCase(text: string): boolean {
  return text.toUpperCase() !== text.toLowerCase();
}
