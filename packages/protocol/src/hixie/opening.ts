import { type Fields, fieldValue, hasToken, isFieldValue, isToken } from "../handshake/fields.ts";
import { renderHead } from "../handshake/server.ts";
import { hixieKeyNumber } from "./challenge.ts";

/** An opening request as the drafts before hybi had it. */
export interface HixieRequest {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly fields: Fields;
}

/** What such a request asks for. */
export interface HixieOpening {
  /** 75: no challenge. 76: eight bytes follow the head, perhaps later than the answer's head has to leave. */
  readonly draft: 75 | 76;
  /** The two numbers of hixie-76. */
  readonly numbers: readonly [number, number] | undefined;
  readonly host: string;
  readonly target: string;
  readonly origin: string | undefined;
  /** The subprotocols offered; the drafts have one at most. */
  readonly subprotocols: readonly string[];
}

/**
 * Reads an opening request of draft-hixie-thewebsocketprotocol-75 or -76, which Safari 5, Chrome 4 to 13 and Flash's stand-in sent. Undefined for everything else, also
 * for a request of RFC 6455 and for keys that hide no number: {@link checkRequest} says what is wrong with it.
 */
export function readHixieRequest({ method, target, fields }: HixieRequest): HixieOpening | undefined {
  const host = fieldValue(fields, "host");
  if (method !== "GET" || target === undefined || !target.startsWith("/") || !isFieldValue(target) || host === undefined) return undefined;
  if (!hasToken(fieldValue(fields, "upgrade"), "websocket") || !hasToken(fieldValue(fields, "connection"), "upgrade")) return undefined;
  if (fieldValue(fields, "sec-websocket-key") !== undefined || fieldValue(fields, "sec-websocket-version") !== undefined) return undefined;
  const origin = fieldValue(fields, "origin");
  const keys = [fields["sec-websocket-key1"], fields["sec-websocket-key2"]];
  if (keys.every((key) => key === undefined)) {
    return withSubprotocols({ draft: 75, numbers: undefined, host, target, origin }, fieldValue(fields, "websocket-protocol"));
  }
  // Not trimmed: each space counts.
  const [first, second] = keys.map((key) => (typeof key === "string" ? hixieKeyNumber(key) : undefined));
  if (first === undefined || second === undefined) return undefined;
  return withSubprotocols({ draft: 76, numbers: [first, second], host, target, origin }, fieldValue(fields, "sec-websocket-protocol"));
}

function withSubprotocols(opening: Omit<HixieOpening, "subprotocols">, name: string | undefined): HixieOpening | undefined {
  if (name === undefined) return { ...opening, subprotocols: [] };
  return isToken(name) ? { ...opening, subprotocols: [name] } : undefined;
}

/** What the answer says beside what was asked for. */
export interface HixieAnswer {
  /** Whether the client's side of the line is encrypted: `wss:` in the location. */
  readonly isSecure: boolean;
  readonly subprotocol?: string | undefined;
}

/**
 * The head of the answer, to be written as Latin-1 at once: a proxy may hold the eight bytes of hixie-76 back until it has seen it. Location and origin are
 * given back, since the client compares them (hixie-75 §4.1, hixie-76 §5.2).
 */
export function hixieHead(opening: HixieOpening, { isSecure, subprotocol }: HixieAnswer): string {
  const prefix = opening.draft === 75 ? "" : "Sec-";
  const phrase = opening.draft === 75 ? "Web Socket Protocol Handshake" : "WebSocket Protocol Handshake";
  return renderHead(101, phrase, [
    ["Upgrade", "WebSocket"],
    ["Connection", "Upgrade"],
    [`${prefix}WebSocket-Origin`, opening.origin ?? "null"],
    [`${prefix}WebSocket-Location`, `${isSecure ? "wss" : "ws"}://${opening.host}${opening.target}`],
    ...(subprotocol === undefined ? [] : ([[`${prefix}WebSocket-Protocol`, subprotocol]] as const)),
  ]);
}
