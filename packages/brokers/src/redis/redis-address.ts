import { BrokerError } from "../broker-error.ts";

/** Where a Redis is, and how rooms are laid there. */
export interface RedisAddress {
  /** Without the query: what the driver is given. */
  readonly url: string;
  /** The same without the password, for messages. */
  readonly shown: string;
  readonly prefix: string;
  readonly cluster: boolean;
  /** Further nodes of the cluster, `HOST:PORT`: one of them is enough to find the others. */
  readonly nodes: readonly string[];
}

const queries = new Set(["prefix", "cluster", "node"]);

/**
 * Reads `redis[s]://[user][:password@]host[:port][/database][?prefix=NAME&cluster=true&node=HOST:PORT]`. The prefix parts applications on one
 * Redis (default `openline`); `cluster=true` says that the host is one of a cluster's nodes, each `node` names a further one.
 * @throws BrokerError `bad-address` that names what is wrong and never shows a password
 */
export function readRedisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "redis:" && url.protocol !== "rediss:")) {
    throw bad("must be redis://HOST:PORT or, with TLS, rediss://HOST:PORT");
  }
  if (url.hostname === "") throw bad("names no host");
  if (!/^(\/\d{0,4})?$/.test(url.pathname)) throw bad(`has the path ${url.pathname}: it must be the number of a database, such as /0`);
  const unknown = [...url.searchParams.keys()].find((name) => !queries.has(name));
  if (unknown !== undefined) throw bad(`has ?${unknown}: it may have ${[...queries].join(", ")}`);
  const prefix = checkPrefix(url.searchParams.get("prefix") ?? "openline");
  const cluster = url.searchParams.get("cluster") ?? "false";
  if (cluster !== "true" && cluster !== "false") throw bad(`has cluster=${cluster}: it must be true or false`);
  if (cluster === "true" && url.pathname.length > 1 && url.pathname !== "/0")
    throw bad("names a database, and a cluster has only number 0");
  const nodes = url.searchParams.getAll("node");
  if (nodes.length > 0 && cluster === "false") throw bad("names a node and is no cluster: add cluster=true");
  const wrong = nodes.find((node) => !/^([\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(node));
  if (wrong !== undefined) throw bad(`has node=${wrong}: it must be HOST:PORT`);
  url.search = "";
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return { url: url.href, shown: shown.href, prefix, cluster: cluster === "true", nodes };
}

/** @throws BrokerError `bad-address` for a prefix with characters that Redis gives a meaning in patterns or hash tags */
function checkPrefix(prefix: string): string {
  if (/^[\w.:-]{1,100}$/.test(prefix)) return prefix;
  throw bad(`has the prefix ${JSON.stringify(prefix)}: it must be 1 to 100 of A-Z a-z 0-9 _ . : -`);
}

function bad(what: string): BrokerError {
  return new BrokerError("bad-address", `the Redis address ${what}`);
}
