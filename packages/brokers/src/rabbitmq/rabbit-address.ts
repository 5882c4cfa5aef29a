import { BrokerError } from "../broker-error.ts";

/** Where a RabbitMQ is, and how rooms are laid there. */
export interface RabbitAddress {
  /** Without the query: what the driver is given. */
  readonly url: string;
  /** The same without user and password, for messages. */
  readonly shown: string;
  readonly prefix: string;
  readonly partitions: number;
  /** How many hours of messages are kept, and read back by a node that starts. */
  readonly hours: number;
}

const queries = new Set(["prefix", "partitions", "hours"]);

/**
 * Reads `amqp[s]://[user:password@]host[:port][/vhost][?prefix=NAME&partitions=N&hours=N]`. The prefix parts applications on one RabbitMQ (default
 * `openline`); `partitions` (default 4) must be the same on all nodes; `hours` (default 2) is how far back history goes at most.
 * @throws BrokerError `bad-address` that names what is wrong and never shows a password
 */
export function readRabbitAddress(text: string): RabbitAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "amqp:" && url.protocol !== "amqps:")) {
    throw bad("must be amqp://HOST:PORT or, with TLS, amqps://HOST:PORT");
  }
  if (url.hostname === "") throw bad("names no host");
  const unknown = [...url.searchParams.keys()].find((name) => !queries.has(name));
  if (unknown !== undefined) throw bad(`has ?${unknown}: it may have ${[...queries].join(", ")}`);
  const prefix = url.searchParams.get("prefix") ?? "openline";
  if (!/^[\w.:-]{1,100}$/.test(prefix)) throw bad(`has the prefix ${JSON.stringify(prefix)}: it must be 1 to 100 of A-Z a-z 0-9 _ . : -`);
  const partitions = readNumber(url, "partitions", 4, 64);
  const hours = readNumber(url, "hours", 2, 744);
  url.search = "";
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return { url: url.href, shown: shown.href, prefix, partitions, hours };
}

function readNumber(url: URL, name: string, fallback: number, most: number): number {
  const text = url.searchParams.get(name) ?? String(fallback);
  const number = Number(text);
  if (/^\d{1,4}$/.test(text) && number >= 1 && number <= most) return number;
  throw bad(`has ${name}=${text}: it must be 1 to ${most}`);
}

function bad(what: string): BrokerError {
  return new BrokerError("bad-address", `the RabbitMQ address ${what}`);
}
