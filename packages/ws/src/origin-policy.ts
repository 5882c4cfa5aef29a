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
  if (origins !== "same-origin") return origins.includes(request.origin);
  return request.host !== undefined && request.origin === originOf(request.host, request.secure);
}

/** The origin of pages that this host serves, `undefined` when the host is no host. A default port is left out, as browsers do. */
function originOf(host: string, secure: boolean): string | undefined {
  const address = `${secure ? "https" : "http"}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : undefined;
}
