import { isToken } from "./fields.ts";

/**
 * The subprotocols in a `Sec-WebSocket-Protocol` request field, most wanted first; undefined when the field breaks the grammar or
 * names one twice (RFC 6455 §4.1, §11.3.4).
 */
export function parseSubprotocols(value: string): string[] | undefined {
  const names = value.split(",").map((name) => name.trim());
  return areSubprotocols(names) ? names : undefined;
}

/** Whether the names may be offered together: each a token, none twice (RFC 6455 §4.1). */
export function areSubprotocols(names: readonly string[]): boolean {
  return names.every(isToken) && new Set(names).size === names.length;
}

/**
 * The first subprotocol the client offered that the server supports, so that the client's order decides; undefined for none
 * (RFC 6455 §4.2.2). Letter case counts.
 */
export function chooseSubprotocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  return offered.find((name) => supported.includes(name));
}
