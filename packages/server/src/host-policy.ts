import { type Authority, isAddress, isWildcard, parseAuthority } from "./authority.ts";

/** What {@link HostPolicy} is built from. */
export interface HostPolicyOptions {
  /** The host that the server listens on; it may be asked for by that name, and by any address when it is a wildcard. */
  readonly boundHost: string;
  /** Further names: `chat.example` for every port, `chat.example:8443` for this one only. */
  readonly allowedHosts?: readonly string[];
}

const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Which `Host` fields are answered. A page of another site that had its own name pointed at this machine (DNS rebinding) sends that
 * name here, so a name that nobody configured is refused. Literal addresses are let in where every address is listened on: a browser
 * sends one only for a page that really came from there.
 */
export class HostPolicy {
  readonly #allowed: readonly Authority[];
  readonly #anyAddress: boolean;

  constructor({ boundHost, allowedHosts = [] }: HostPolicyOptions) {
    const bound = boundHost.includes(":") && !boundHost.startsWith("[") ? `[${boundHost}]` : boundHost;
    this.#anyAddress = isWildcard(boundHost);
    this.#allowed = [...ownNames, bound, ...allowedHosts].flatMap((text) => parseAuthority(text) ?? []);
  }

  /** Whether a request with this `Host` field is for us. */
  allows(field: string): boolean {
    const asked = parseAuthority(field);
    if (asked === undefined) return false;
    if (this.#anyAddress && isAddress(asked.host)) return true;
    return this.#allowed.some(({ host, port }) => host === asked.host && (port === undefined || port === asked.port));
  }
}
