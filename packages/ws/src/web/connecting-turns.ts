import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** An address of a host, as `dns.lookup` answers it. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** The last of those who wait for an address and port, or are connecting to it. */
const last = new Map<string, Promise<void>>();

/**
 * Waits until nobody else in this process is connecting to any of these places: there is one pending connection for each address and port (RFC 6455 §4.1). Resolves
 * with a function to call when the connection is established or has failed.
 */
export async function connectingTurn(places: readonly string[]): Promise<() => void> {
  const before = places.flatMap((place) => last.get(place) ?? []);
  let end: (() => void) | undefined;
  const own = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const place of places) last.set(place, own);
  // All at once, in the order of the calls: so no two can wait for each other.
  await Promise.all(before);
  return () => {
    for (const place of places) if (last.get(place) === own) last.delete(place);
    end?.();
  };
}

/** The addresses of the host; undefined when they cannot be found out: the name then stands for itself. */
export async function addressesOf(hostname: string): Promise<readonly HostAddress[] | undefined> {
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const family = isIP(host);
  if (family > 0) return [{ address: host, family }];
  try {
    return await lookup(host, { all: true, verbatim: true });
  } catch {
    return undefined;
  }
}
