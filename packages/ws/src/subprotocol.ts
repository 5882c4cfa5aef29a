import { parseSubprotocols } from "@openline/protocol";

/** Reads the value of a `Sec-WebSocket-Protocol` request field, most wanted first. @throws SyntaxError when it breaks the grammar or names one twice */
function parse(field: string): Set<string> {
  const names = parseSubprotocols(field);
  if (names === undefined) throw new SyntaxError(`Invalid Sec-WebSocket-Protocol value: ${JSON.stringify(field)}`);
  return new Set(names);
}

/** The field `Sec-WebSocket-Protocol`, read, in the shape of `ws`. */
export const subprotocol: { readonly parse: typeof parse } = Object.freeze({ parse });
