import { BlockList, isIP, isIPv6 } from "node:net";

/** Where a request comes from, as far as it can be believed. */
export interface RequestSource {
  /** The client's address, without the `::ffff:` of a mapped IPv4 address; undefined on a Unix domain socket. */
  readonly address: string | undefined;
  /** Whether the client's side of the line is encrypted. */
  readonly secure: boolean;
  /** The host that the client asked for. */
  readonly host: string | undefined;
}

/** What {@link TrustedProxies} reads of a request: `IncomingMessage` fits. */
export interface ProxiedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined };
}

/**
 * The proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. From anybody else these fields are ignored: a client can
 * write into them what it likes.
 */
export class TrustedProxies {
  readonly #list = new BlockList();
  /** Nobody is trusted: of the header only `host` is looked at. */
  readonly isEmpty: boolean;
  #lastPeer: string | undefined;

  /**
   * Takes addresses (`10.0.0.1`, `::1`) and subnets (`10.0.0.0/8`, `fd00::/8`); `loopback` stands for this machine.
   * @throws TypeError naming an entry that is neither
   */
  constructor(entries: readonly string[] = []) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries.flatMap((one) => (one === "loopback" ? ["127.0.0.0/8", "::1"] : [one]))) this.#add(entry);
  }

  /** Where the request comes from. Without a trusted proxy in between: what the socket says. */
  sourceOf({ headers, socket }: ProxiedRequest): RequestSource {
    const peer = this.#shared(plainAddress(socket.remoteAddress));
    const direct = { address: peer, secure: socket.encrypted === true, host: one(headers["host"]) };
    if (this.isEmpty || !this.#trusts(peer)) return direct;
    const proto = last(headers["x-forwarded-proto"]);
    return {
      address: this.#clientOf(peer, list(headers["x-forwarded-for"])),
      secure: proto === undefined ? direct.secure : proto.toLowerCase() === "https" || proto.toLowerCase() === "wss",
      host: last(headers["x-forwarded-host"]) ?? direct.host,
    };
  }

  // Behind a proxy that is not named all have its address: one text for all of them, 32 bytes less for each connection.
  #shared(address: string | undefined): string | undefined {
    if (address !== this.#lastPeer) this.#lastPeer = address;
    return this.#lastPeer;
  }

  // Each proxy writes the address it was called from at the end: the last one that is no proxy of ours is the client. What stands before it may be invented.
  #clientOf(peer: string | undefined, forwarded: readonly string[]): string | undefined {
    let client = peer;
    for (const entry of forwarded.toReversed()) {
      const address = addressOf(entry);
      if (address === undefined) return client;
      client = address;
      if (!this.#trusts(address)) return client;
    }
    return client;
  }

  #trusts(address: string | undefined): boolean {
    return address !== undefined && this.#list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }

  #add(entry: string): void {
    const [address = "", bits, more] = entry.split("/");
    const family = isIP(address);
    const prefix = bits === undefined ? (family === 6 ? 128 : 32) : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || more !== undefined || !(prefix <= (family === 6 ? 128 : 32))) {
      throw new TypeError(`trustProxy: ${JSON.stringify(entry)} is neither an address nor a subnet such as 10.0.0.0/8`);
    }
    this.#list.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
  }
}

/** An address without the prefix of a mapped IPv4 address and without a zone. */
export function plainAddress(address: string | undefined): string | undefined {
  if (address?.includes(":") !== true) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address.replace(/%.*$/, "");
}

/** The address of one entry of `X-Forwarded-For`, which may have a port and brackets; undefined when it is none. */
function addressOf(entry: string): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(entry) ?? [];
  const address = plainAddress(bracketed ?? dotted ?? entry);
  return address !== undefined && isIP(address) > 0 ? address : undefined;
}

function list(value: string | string[] | undefined): readonly string[] {
  const text = typeof value === "string" ? value : (value ?? []).join(",");
  return text === "" ? [] : text.split(",").map((entry) => entry.trim());
}

function last(value: string | string[] | undefined): string | undefined {
  return list(value).at(-1);
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
