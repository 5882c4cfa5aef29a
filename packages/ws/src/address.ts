import { unescape } from "node:querystring";

/** A WebSocket URL, taken apart for `node:http`. */
export interface Address {
  /** The whole URL, `http(s):` turned into `ws(s):`. */
  readonly href: string;
  /** Whether TLS is spoken. */
  readonly isSecure: boolean;
  /** The path of the Unix domain socket or pipe, for `ws+unix:`. */
  readonly socketPath: string | undefined;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** Host and port as in the `Host` field; the port only when it is not the default. */
  readonly host: string;
  readonly port: number;
  /** Request target: path and query. */
  readonly target: string;
  /** `user:password` of the URL, decoded. */
  readonly credentials: string | undefined;
}

const schemes = new Set(["ws:", "wss:", "ws+unix:"]);

/**
 * Reads the address of a WebSocket server: `ws:`, `wss:`, `http:`, `https:`, or `ws+unix:/path/of.sock:/target`.
 * @throws SyntaxError when it is no URL, has another scheme, an empty path for `ws+unix:`, or a fragment (RFC 6455 §3).
 */
export function parseAddress(address: string | URL): Address {
  const url = parseUrl(address);
  if (url.protocol === "http:" || url.protocol === "https:") url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  if (!schemes.has(url.protocol)) {
    throw new SyntaxError(`The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:": "${url.protocol}"`);
  }
  if (url.hash !== "") throw new SyntaxError("The URL contains a fragment identifier");
  const isSecure = url.protocol === "wss:";
  const path = url.pathname + url.search;
  const parts = {
    href: url.href,
    isSecure,
    hostname: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
    host: url.host,
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    credentials: credentialsOf(url),
  };
  if (url.protocol !== "ws+unix:") return { ...parts, socketPath: undefined, target: path };
  if (url.pathname === "") throw new SyntaxError("The URL's pathname is empty");
  const colon = path.indexOf(":");
  return colon === -1
    ? { ...parts, socketPath: path, target: "" }
    : { ...parts, socketPath: path.slice(0, colon), target: path.slice(colon + 1) };
}

function parseUrl(address: string | URL): URL {
  try {
    return new URL(address);
  } catch (cause) {
    throw new SyntaxError(`Invalid URL: ${String(address)}`, { cause });
  }
}

function credentialsOf(url: URL): string | undefined {
  return url.username === "" && url.password === "" ? undefined : `${unescape(url.username)}:${unescape(url.password)}`;
}
