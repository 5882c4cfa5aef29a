import type { Address } from "./address.ts";

/** Header fields of a request, by name. */
export type Fields = Record<string, string | number | readonly string[] | undefined>;

/** What may go along to an address that a redirect names. */
export interface Trust {
  readonly isSameHost: boolean;
  /** The same host, and not from TLS to plain text. */
  readonly isTrusted: boolean;
}

/** As curl does: what proves who we are goes to the host that was asked first, and never from TLS to plain text. */
export function trustIn(address: Address, first: Address): Trust {
  const isSameHost = first.socketPath === address.socketPath && (address.socketPath !== undefined || first.host === address.host);
  return { isSameHost, isTrusted: isSameHost && (!first.isSecure || address.isSecure) };
}

/** The fields without those that prove who we are, and without the other host's name. */
export function withoutCredentials(fields: Fields, { isSameHost }: Trust): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => {
      const key = name.toLowerCase();
      return key !== "authorization" && key !== "cookie" && (key !== "host" || isSameHost);
    }),
  );
}

/** Whether the field is among them, in whatever case. */
export function hasField(fields: Fields, wanted: string): boolean {
  return Object.keys(fields).some((name) => name.toLowerCase() === wanted);
}
