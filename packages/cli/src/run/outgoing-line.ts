import { isUtf8 } from "node:buffer";
import { type PreparedFrame, prepare } from "@openline/ws";

/** What goes to clients: a line as text, or bytes. Framed once for however many get it. */
export class OutgoingLine {
  readonly data: Buffer;
  readonly isBinary: boolean;
  #frame: PreparedFrame | undefined;

  /** The memory belongs to the line from here on. */
  constructor(data: Buffer, isBinary: boolean) {
    this.data = data;
    this.isBinary = isBinary;
  }

  /** The frame that all receivers share. */
  get frame(): PreparedFrame {
    return (this.#frame ??= prepare(this.data, { binary: this.isBinary }));
  }
}

/** A line of a program as text. Bytes that are no UTF-8 are replaced by U+FFFD; with `close` the answer is undefined then (RFC 6455 §8.1). */
export function textLine(line: Buffer, invalidUtf8: "replace" | "close"): OutgoingLine | undefined {
  if (isUtf8(line)) return new OutgoingLine(line, false);
  return invalidUtf8 === "close" ? undefined : new OutgoingLine(Buffer.from(line.toString()), false);
}
