import { isIPv6 } from "node:net";
import type { Writable } from "node:stream";

/** Where connections are counted by address; several processes may share one. */
export interface AddressCounts {
  count(key: string): number;
  add(key: string): void;
  remove(key: string): void;
}

/**
 * Counts the connections of each client address, from the upgrade request to the end of the transport. An IPv6 client counts by its /64, which is
 * the least that a single customer has. Unix domain sockets have no address and are not counted.
 */
export class AddressCap {
  readonly #most: number;
  readonly #countsLoopback: boolean;
  readonly #counts: AddressCounts;

  /**
   * `countsLoopback`: whether connections from this machine count. A proxy on it that is not known as one would bring every client from there.
   * `counts`: where they are counted; default: in this object.
   */
  constructor(most: number, countsLoopback: boolean, counts: AddressCounts = new OwnCounts()) {
    this.#most = most;
    this.#countsLoopback = countsLoopback;
    this.#counts = counts;
  }

  /** Counts the transport for as long as it is open. False, and not counted, when its address has as many as it may have. */
  admit(address: string | undefined, transport: Pick<Writable, "closed" | "destroyed" | "once">): boolean {
    if (this.#most === Number.POSITIVE_INFINITY || address === undefined || (!this.#countsLoopback && isLoopback(address))) return true;
    const key = networkOf(address);
    if (this.#counts.count(key) >= this.#most) return false;
    if (transport.closed || transport.destroyed) return true;
    this.#counts.add(key);
    transport.once("close", () => this.#counts.remove(key));
    return true;
  }
}

/** The counts of one process. */
export class OwnCounts implements AddressCounts {
  readonly #counts = new Map<string, number>();

  /** How many addresses have a connection now. */
  get size(): number {
    return this.#counts.size;
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    const count = this.count(key) - 1;
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
