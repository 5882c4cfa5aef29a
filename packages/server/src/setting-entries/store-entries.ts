import { durabilities } from "./setting-choices.ts";
import type { SettingEntry } from "./setting-entry.ts";

/** Where rooms are kept and shared, and what is encrypted on the way. */
export const storeEntries: readonly SettingEntry[] = [
  {
    path: ["data"],
    flag: "data",
    variable: "OPENLINE_DATA",
    kind: "text",
    value: "directory",
    help: "keep rooms in this directory, so that they survive a restart; one process at a time. Without it they live in memory. Needs the package lmdb",
  },
  {
    path: ["durability"],
    flag: "durability",
    variable: "OPENLINE_DURABILITY",
    kind: "text",
    value: "level",
    help: `what an acknowledged message in --data survives, ${durabilities.join(" or ")}: the death of the process, or a loss of power too`,
    fallback: "os",
  },
  {
    path: ["broker"],
    flag: "broker",
    variable: "OPENLINE_BROKER",
    kind: "text",
    value: "address",
    secret: "address",
    help: "share rooms with other processes over Redis 7: redis[s]://[user][:password@]host[:port][/database][?prefix=NAME&cluster=true&node=HOST:PORT], or another engine: nats[+tls]://…, amqp[s]://…, kafka[+tls]://… (preview), see docs/brokers. The process list shows flags: prefer the variable for a password. Needs the engine's package, such as @redis/client",
  },
  {
    path: ["brokerCa"],
    flag: "broker-ca",
    variable: "OPENLINE_BROKER_CA",
    kind: "text",
    value: "file",
    help: "trust the certificates in this PEM file for --broker rediss://… or another address with TLS, instead of those that Node trusts",
  },
  {
    path: ["tls", "cert"],
    flag: "cert",
    variable: "OPENLINE_CERT",
    kind: "text",
    value: "file",
    help: "speak TLS, HTTP/2 and HTTP/1.1, with the certificate in this PEM file, followed by those that lead to its authority; needs --key. SIGHUP reads both again",
  },
  {
    path: ["tls", "key"],
    flag: "key",
    variable: "OPENLINE_KEY",
    kind: "text",
    value: "file",
    help: "the key to --cert, a PEM file",
  },
  {
    path: ["brokerKeyFile"],
    flag: "broker-key-file",
    variable: "OPENLINE_BROKER_KEY_FILE",
    kind: "text",
    value: "file",
    help: "sign what goes over --broker with the secret in this file, and refuse what is not signed with it; one secret to a line, 32 bytes or more: the first signs, each is accepted",
  },
];
