import { BrokerError } from "../broker-error.ts";

/** Where a NATS is, and how rooms are laid there. */
export interface NatsAddress {
  /** `HOST:PORT`: the one in the address, then the further ones. */
  readonly servers: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The address without its credentials, for messages. */
  readonly shown: string;
  readonly prefix: string;
  /** How many servers of a cluster keep each message. */
  readonly replicas: number;
  /** A file with a JWT and an NKEY seed, as `nsc` writes it. */
  readonly credentials: string | undefined;
}

const queries = new Set(["prefix", "server", "replicas", "credentials"]);

/**
 * Reads `nats[+tls]://[user:password@|token@]host[:port][?prefix=NAME&server=HOST:PORT&replicas=N&credentials=FILE]`. The prefix parts applications
 * on one NATS (default `openline`), each `server` names a further one of a cluster, `replicas` (default 1) says how many keep each message.
 * @throws BrokerError `bad-address` that names what is wrong and never shows a password
 */
export function readNatsAddress(text: string): NatsAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "nats:" && url.protocol !== "nats+tls:")) {
    throw bad("must be nats://HOST:PORT or, with TLS, nats+tls://HOST:PORT");
  }
  if (url.hostname === "") throw bad("names no host");
  if (!/^\/?$/.test(url.pathname)) throw bad(`has the path ${url.pathname}: it must have none`);
  const unknown = [...url.searchParams.keys()].find((name) => !queries.has(name));
  if (unknown !== undefined) throw bad(`has ?${unknown}: it may have ${[...queries].join(", ")}`);
  const prefix = url.searchParams.get("prefix") ?? "openline";
  if (!/^[\w-]{1,100}$/.test(prefix)) throw bad(`has the prefix ${JSON.stringify(prefix)}: it must be 1 to 100 of A-Z a-z 0-9 _ -`);
  const replicas = url.searchParams.get("replicas") ?? "1";
  if (!/^[1-5]$/.test(replicas)) throw bad(`has replicas=${replicas}: it must be 1 to 5`);
  const more = url.searchParams.getAll("server");
  const wrong = more.find((server) => !/^([\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(server));
  if (wrong !== undefined) throw bad(`has server=${wrong}: it must be HOST:PORT`);
  const { user, password } = credentialsOf(url);
  return {
    servers: [`${url.hostname}:${url.port === "" ? 4222 : url.port}`, ...more],
    isSecure: url.protocol === "nats+tls:",
    user,
    password,
    shown: `${url.protocol}//${url.host}`,
    prefix,
    replicas: Number(replicas),
    credentials: url.searchParams.get("credentials") ?? undefined,
  };
}

function credentialsOf(url: URL): Pick<NatsAddress, "user" | "password"> {
  return { user: decoded(url.username), password: decoded(url.password) };
}

function decoded(text: string): string | undefined {
  return text === "" ? undefined : decodeURIComponent(text);
}

function bad(what: string): BrokerError {
  return new BrokerError("bad-address", `the NATS address ${what}`);
}
