import { isIP } from "node:net";

/** The host and port of a `Host` field or of an origin. */
export interface Authority {
  /** Lower case; an IPv6 address stands in brackets. */
  readonly host: string;
  /** Undefined where the text names none. */
  readonly port: number | undefined;
}

const authorityPattern = /^(?<host>\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\,]+)(?::(?<port>\d{1,5}))?$/;

/** Reads `host` or `host:port` (RFC 9110 §7.2); undefined for anything else: user information, paths, lists, two ports. */
export function parseAuthority(text: string): Authority | undefined {
  const groups = authorityPattern.exec(text.toLowerCase())?.groups;
  const host = groups?.["host"];
  if (host === undefined) return undefined;
  if (host.startsWith("[") && isIP(host.slice(1, -1)) !== 6) return undefined;
  const port = groups?.["port"] === undefined ? undefined : Number(groups["port"]);
  return port !== undefined && port > 65_535 ? undefined : { host, port };
}

/** Whether the host is the literal of an IP address: such a `Host` cannot come out of DNS rebinding. */
export function isAddress(host: string): boolean {
  return isIP(host.startsWith("[") ? host.slice(1, -1) : host) !== 0;
}

/** Whether listening on this host name or address stays inside the machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/** Whether listening on this address means every address of the machine. */
export function isWildcard(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return bare === "0.0.0.0" || (isIP(bare) === 6 && /^[0:]+$/.test(bare));
}
