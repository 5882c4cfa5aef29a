import { parseAuthority } from "./authority.ts";

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Brings a serialised origin to one form, `scheme://host:port` (RFC 6454 §6.1), so that two can be compared as text.
 * Undefined for `null`, for anything with a path or user information, and for schemes other than http and https.
 */
export function normalizeOrigin(text: string): string | undefined {
  const match = /^(https?):\/\/(.+)$/.exec(text);
  const authority = parseAuthority(match?.[2] ?? "");
  const scheme = match?.[1];
  if (scheme === undefined || authority === undefined) return undefined;
  return `${scheme}://${authority.host}:${authority.port ?? defaultPorts[scheme]}`;
}

/**
 * Which pages may talk to this server (R14): those that it served itself and those of the listed origins. Scheme, host and port must all be
 * equal; nothing is matched by prefix or suffix. A request without an Origin does not come from a page of another site.
 */
export class OriginPolicy {
  readonly #listed: ReadonlySet<string>;

  /** @param allowedOrigins such as `https://chat.example`; those that are not origins are ignored, the settings refuse them before. */
  constructor(allowedOrigins: readonly string[] = []) {
    this.#listed = new Set(allowedOrigins.flatMap((origin) => normalizeOrigin(origin) ?? []));
  }

  /** Whether this origin stands on the list: only then are CORS fields sent. */
  lists(origin: string): boolean {
    const normal = normalizeOrigin(origin);
    return normal !== undefined && this.#listed.has(normal);
  }

  /** Whether a request to `host` (its checked `Host` field) may come from `origin`. */
  allows(origin: string | undefined, host: string, secure: boolean): boolean {
    if (origin === undefined) return true;
    const normal = normalizeOrigin(origin);
    if (normal === undefined) return false;
    return normal === normalizeOrigin(`${secure ? "https" : "http"}://${host}`) || this.#listed.has(normal);
  }
}
