import { areSubprotocols } from "@openline/protocol";
import { domString, sequenceOf } from "./web-idl.ts";

/** The subprotocols as the constructors get them: a name, or a sequence of names (`DOMString or sequence<DOMString>`). */
export function subprotocolsOf(protocols: unknown): readonly string[] {
  if (protocols === undefined) return [];
  const sequence = sequenceOf(protocols);
  return sequence === undefined ? [domString(protocols)] : sequence.map(domString);
}

/** @throws DOMException `SyntaxError` for a name twice, or one that may not stand in `Sec-WebSocket-Protocol` (RFC 6455 §4.1) */
export function checkSubprotocols(names: readonly string[]): void {
  if (areSubprotocols(names)) return;
  throw new DOMException(`Not a list of different subprotocols: ${JSON.stringify(names)}`, "SyntaxError");
}
