/** One frame of the server, as SockJS has them (docs/sockjs.md). */
export type Frame =
  | { readonly kind: "open" | "heartbeat" | "ignored" | "broken" }
  | { readonly kind: "messages"; readonly texts: readonly string[] }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

const broken: Frame = { kind: "broken" };

/** Reads a frame. The long line of `h` that a stream begins with is ignored. */
export function parseFrame(line: string): Frame {
  if (line === "o") return { kind: "open" };
  if (line === "h") return { kind: "heartbeat" };
  if (line[0] === "h") return { kind: "ignored" };
  const value = jsonOf(line.slice(1));
  if (!Array.isArray(value)) return broken;
  if (line[0] === "a" && value.every((text) => typeof text === "string")) return { kind: "messages", texts: value };
  const [code, reason]: readonly unknown[] = value;
  if (line[0] === "c" && typeof code === "number" && typeof reason === "string") return { kind: "close", code, reason };
  return broken;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts lines together from pieces of text. */
export class FrameLines {
  #rest = "";

  /** Whether a line has begun that is not at its end. */
  get isTorn(): boolean {
    return this.#rest !== "";
  }

  /** The lines that are whole now. */
  take(piece: string): readonly string[] {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
