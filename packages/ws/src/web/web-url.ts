import { baseUrl } from "./environment.ts";

const schemes: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };

/**
 * The address of a WebSocket as the constructors get it: relative to the base, `http(s):` as `ws(s):` (WebSockets Standard §3.1, steps 2 to 8).
 * @throws DOMException `SyntaxError` when it is no URL, has another scheme, or a fragment
 */
export function webSocketUrl(address: string): URL {
  const base = baseUrl();
  // Not `URL.parse`: Node 20 has none.
  if (!URL.canParse(address, base?.href)) throw syntaxError(`Not a valid URL: ${JSON.stringify(address)}`);
  const url = new URL(address, base?.href);
  const scheme = schemes[url.protocol];
  if (scheme === undefined) throw syntaxError(`The scheme must be ws, wss, http or https: ${JSON.stringify(url.protocol)}`);
  if (scheme !== url.protocol) url.protocol = scheme;
  // An empty fragment is one too, and `hash` does not show it.
  if (url.href.includes("#")) throw syntaxError(`A WebSocket's URL has no fragment: ${JSON.stringify(url.href)}`);
  return url;
}

/** Scheme, host and port, as the events of the socket name their origin. */
export function originOf(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
