/** Which pages may open a connection: any, those of the same origin as the server, or exactly the origins listed. */
export type Origins = "any" | "same-origin" | readonly string[];

/** What the policy looks at. */
export interface OriginRequest {
  /** The `Origin` field; absent when no browser sent the request. */
  readonly origin: string | undefined;
  /** The `Host` field. */
  readonly host: string | undefined;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
}

/**
 * Whether a page of that origin may connect. Scheme, host and port must match exactly; `null` and look-alikes never do. A request without `Origin` is
 * not from a page and passes: no browser lets a page leave it out (RFC 6455 §10.2).
 */
export function isOriginAllowed(origins: Origins, request: OriginRequest): boolean {
  if (origins === "any" || request.origin === undefined) return true;
  if (origins !== "same-origin") return request.origin !== "null" && origins.includes(request.origin);
  return request.host !== undefined && request.origin === originOf(request.host, request.secure);
}

/**
 * Answers the policy itself when every entry of a list is written as browsers write origins: only then can it ever match.
 * @throws TypeError naming the entry, and how a browser would write it
 */
export function checkOrigins(origins: Origins): Origins {
  if (origins === "any" || origins === "same-origin") return origins;
  if (typeof origins === "string") throw new TypeError(`origins: "any", "same-origin" or a list, not ${JSON.stringify(origins)}`);
  for (const entry of origins) {
    const written = URL.canParse(entry) ? new URL(entry).origin : "null";
    if (entry === written && entry !== "null" && !entry.includes("*")) continue;
    const advice = entry.includes("*")
      ? "there are no wildcards, list each origin"
      : written === "null"
        ? "write it like https://example.org"
        : `browsers write ${written}`;
    throw new TypeError(`origins: ${JSON.stringify(entry)} never matches: ${advice}`);
  }
  return origins;
}

/** The origin of pages that this host serves, `undefined` when the host is no host. A default port is left out, as browsers do. */
function originOf(host: string, secure: boolean): string | undefined {
  // What a URL would take for user, path, query or fragment is no part of a host (RFC 9110 §7.2).
  if (/[@/?#\\\s]/.test(host)) return undefined;
  const address = `${secure ? "https" : "http"}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : undefined;
}
