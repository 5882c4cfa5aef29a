import { closeMeaning } from "./close-meaning.ts";
import type { SeenFrame } from "./frame-reader.ts";
import { visible } from "./visible.ts";

const opcodes: Readonly<Record<number, string>> = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

const bit = (isSet: boolean): string => (isSet ? "1" : "0");

/** A frame in two lines: the header's bits with their names, and what the payload begins with. */
export function frameText(frame: SeenFrame, isCompressed: boolean): readonly [header: string, payload: string] {
  const [rsv1, rsv2, rsv3] = frame.rsv;
  const kind = opcodes[frame.opcode] ?? "reserved";
  const length = `length=${frame.length} (${frame.lengthBits} bits)`;
  const key = frame.maskingKey === undefined ? "MASK=0" : `MASK=1 key=${frame.maskingKey.toString("hex")}`;
  const bits = `FIN=${bit(frame.fin)} RSV=${bit(rsv1)}${bit(rsv2)}${bit(rsv3)} opcode=${frame.opcode} (${kind})`;
  return [`${bits} ${key} ${length}  header ${spaced(frame.header)}`, payloadText(frame, isCompressed)];
}

const spaced = (bytes: Buffer): string => bytes.toString("hex").replaceAll(/(..)(?=.)/g, "$1 ");

function payloadText({ opcode, length, preview, rsv }: SeenFrame, isCompressed: boolean): string {
  if (length === 0) return "no payload";
  const more = length > preview.length ? ` … ${length - preview.length} more bytes` : "";
  if (opcode === 8 && preview.length >= 2) {
    const code = preview.readUInt16BE(0);
    const reason = preview.subarray(2).toString();
    return `close code ${code}: ${closeMeaning(code)}${reason === "" ? "" : `, reason ${JSON.stringify(reason)}`}`;
  }
  // The payload of a compressed message's later frames has no bit of its own (RFC 7692 §6).
  if (rsv[0] || isCompressed)
    return `compressed (RSV1, permessage-deflate): ${spaced(preview.subarray(0, 24))}${more || (length > 24 ? " …" : "")}`;
  if (opcode === 1) return `${visible(preview.toString())}${more}`;
  return `${spaced(preview.subarray(0, 24))}${more || (length > 24 ? " …" : "")}`;
}
