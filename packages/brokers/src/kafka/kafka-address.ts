import { BrokerError } from "../broker-error.ts";

const mechanisms = ["plain", "scram-sha-256", "scram-sha-512"] as const;
export type SaslMechanism = (typeof mechanisms)[number];

/** Where a Kafka is, and how rooms are laid there. */
export interface KafkaAddress {
  /** `HOST:PORT`: the one in the address, then the further ones. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly isSecure: boolean;
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | undefined;
  /** The address without user and password, for messages. */
  readonly shown: string;
  readonly prefix: string;
  /** How many hours of messages are kept, and read back by a node that starts. */
  readonly hours: number;
}

const queries = new Set(["prefix", "server", "sasl", "hours"]);

/**
 * Reads `kafka[+tls]://[user:password@]host[:port][?prefix=NAME&server=HOST:PORT&sasl=MECHANISM&hours=N]`. The prefix begins the names of the topics
 * (default `openline`), each `server` names a further one to begin with, `sasl` is plain (default with a user), scram-sha-256 or scram-sha-512.
 * @throws BrokerError `bad-address` that names what is wrong and never shows a password
 */
export function readKafkaAddress(text: string): KafkaAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "kafka:" && url.protocol !== "kafka+tls:")) {
    throw bad("must be kafka://HOST:PORT or, with TLS, kafka+tls://HOST:PORT");
  }
  if (url.hostname === "") throw bad("names no host");
  if (!/^\/?$/.test(url.pathname)) throw bad(`has the path ${url.pathname}: it must have none`);
  const unknown = [...url.searchParams.keys()].find((name) => !queries.has(name));
  if (unknown !== undefined) throw bad(`has ?${unknown}: it may have ${[...queries].join(", ")}`);
  const prefix = url.searchParams.get("prefix") ?? "openline";
  if (!/^[\w.-]{1,100}$/.test(prefix)) throw bad(`has the prefix ${JSON.stringify(prefix)}: it must be 1 to 100 of A-Z a-z 0-9 _ . -`);
  const hours = url.searchParams.get("hours") ?? "2";
  if (!/^\d{1,3}$/.test(hours) || Number(hours) < 1 || Number(hours) > 744) throw bad(`has hours=${hours}: it must be 1 to 744`);
  return {
    servers: [`${url.hostname}:${url.port === "" ? 9092 : url.port}`, ...url.searchParams.getAll("server")].map(readServer),
    isSecure: url.protocol === "kafka+tls:",
    sasl: readSasl(url),
    shown: `${url.protocol}//${url.host}`,
    prefix,
    hours: Number(hours),
  };
}

function readServer(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^([\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text) ?? [];
  if (host === "") throw bad(`has server=${text}: it must be HOST:PORT`);
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function readSasl(url: URL): KafkaAddress["sasl"] {
  const name = url.searchParams.get("sasl");
  if (url.username === "") {
    if (name !== null) throw bad(`has sasl=${name} and no user`);
    return undefined;
  }
  const mechanism = mechanisms.find((one) => one === (name ?? "plain"));
  if (mechanism === undefined) throw bad(`has sasl=${name}: it must be ${mechanisms.join(", ")}`);
  return { mechanism, username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function bad(what: string): BrokerError {
  return new BrokerError("bad-address", `the Kafka address ${what}`);
}
