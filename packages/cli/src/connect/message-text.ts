import { hexdump } from "./hexdump.ts";
import { visible } from "./visible.ts";

/** Larger texts are not taken apart: nobody reads them. */
const mostJsonChars = 1_000_000;

/** Paints a part of a text; a pipe gets it plain. */
export type Painter = (style: "dim" | "cyan" | "yellow" | "bold", text: string) => string;

/** A text for people: JSON in lines with its names and values told apart, everything else as it is, without what could steer a terminal. */
export function textForPeople(text: string, paint: Painter): string {
  const value = text.length > mostJsonChars || !/^\s*[[{]/.test(text) ? undefined : parsed(text);
  if (value === undefined) return visible(text);
  const lines = JSON.stringify(value, null, 2);
  return visible(lines).replaceAll(
    /("(?:[^"\\]|\\.)*")(:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi,
    (part, name?: string, colon?: string) => {
      if (name !== undefined && colon !== undefined) return `${paint("cyan", name)}:`;
      return name === undefined ? paint("yellow", part) : part;
    },
  );
}

/** Bytes as asked for. */
export function bytesAsText(bytes: Buffer, how: "hex" | "base64" | "raw"): string {
  return how === "hex" ? hexdump(bytes) : bytes.toString(how === "raw" ? "latin1" : "base64");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
