import { isIPv6 } from "node:net";
import type { Writable } from "node:stream";

/**
 * Counts the connections of each client address, from the upgrade request to the end of the transport. An IPv6 client counts by its /64, which is
 * the least that a single customer has. Unix domain sockets have no address and are not counted.
 */
export class AddressCap {
  readonly #most: number;
  readonly #countsLoopback: boolean;
  readonly #counts = new Map<string, number>();

  /** `countsLoopback`: whether connections from this machine count. A proxy on it that is not known as one would bring every client from there. */
  constructor(most: number, countsLoopback: boolean) {
    this.#most = most;
    this.#countsLoopback = countsLoopback;
  }

  /** How many addresses have a connection now. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts the transport for as long as it is open. False, and not counted, when its address has as many as it may have. */
  admit(address: string | undefined, transport: Pick<Writable, "closed" | "destroyed" | "once">): boolean {
    if (this.#most === Number.POSITIVE_INFINITY || address === undefined || (!this.#countsLoopback && isLoopback(address))) return true;
    const key = networkOf(address);
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#most) return false;
    if (transport.closed || transport.destroyed) return true;
    this.#counts.set(key, count + 1);
    transport.once("close", () => this.#release(key));
    return true;
  }

  #release(key: string): void {
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

/** The address itself, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  // A dotted tail stands for two groups; it lies beyond the /64 in any case.
  const left = 8 - before.length - after.length - (address.includes(".") ? 1 : 0);
  const groups = [...before, ...Array.from({ length: Math.max(0, left) }, () => "0"), ...after];
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(":")}::/64`;
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
