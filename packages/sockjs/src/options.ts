import type { IncomingMessage } from "node:http";
import { type Clock, processClock } from "./clock.ts";
import type { ConnectionProtocol, SockjsConnection } from "./connection.ts";
import type { JsessionidOption } from "./cookie.ts";

/** What `admit` answers: come in, with `context` for the connection, or what is answered instead. */
export type Admission =
  | {
      readonly ok: true;
      readonly context?: unknown;
      /** Called once when nothing of the connection is left, also when it never began. */
      readonly release?: () => void;
    }
  | { readonly ok: false; readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

/** Asked before a connection begins: by the first request of a session, or by the handshake of a WebSocket. */
export type Admit = (request: IncomingMessage, protocol: ConnectionProtocol) => Admission | Promise<Admission>;

/** The options of the npm package `sockjs` by their names, and what it lacked. Times in milliseconds. */
export interface SockjsOptions {
  /** Where it is mounted: begins with a slash and does not end with one. Default: the root. */
  readonly prefix?: string;
  /** The client's script for the iframe page, the same version as on the pages; `false`: no such page. Default: 1.6.1 on jsDelivr. */
  readonly sockjs_url?: string | false;
  /** Told to clients in `/info`: where they find the transports. Default: where they asked. */
  readonly base_url?: string;
  /** Bytes of frames after which a streaming response ends and the client asks anew. Default 131,072. */
  readonly response_limit?: number;
  /** Whether WebSocket is offered. Default true. */
  readonly websocket?: boolean;
  /** Whether session URLs set the cookie JSESSIONID, for load balancers that route by it; a function sets what it likes. Default false. */
  readonly jsessionid?: JsessionidOption;
  /** Whether pages of other origins are turned away: no answer lets them read it. WebSocket is not asked: say in `admit` who may come. Default false. */
  readonly disable_cors?: boolean;
  /** Time from a receiver's arrival to a heartbeat, and to the next. 0 for none. Default 25,000. */
  readonly heartbeat_delay?: number;
  /** How long a session stays without a receiver. Default 5,000. */
  readonly disconnect_delay?: number;
  /** What keeps a WebSocket alive: the protocol's pings, or `h` frames as on the other transports. Default `ping`. */
  readonly websocket_heartbeat?: "ping" | "frame";
  /** How long a client may take to answer `h` with the message `h` (or `[]`), also on WebSocket. Stock clients never do. Default 0: nothing is expected. */
  readonly heartbeat_reply_timeout?: number;
  /** Most bytes of a request's body, and of a message over WebSocket. Default 1,048,576. */
  readonly max_body_bytes?: number;
  /** Most bytes that may wait in a session; over it, it closes with 1008. A single message is always taken into an empty queue. Default 1,048,576. */
  readonly max_queue_bytes?: number;
  /** Most sessions at a time, WebSockets included; more are answered 503. Default 10,000. */
  readonly max_sessions?: number;
  /** Whether clients of WebSocket's drafts hixie-75 and hixie-76 are let in, too: browsers of 2010. Default false. */
  readonly legacy?: boolean;
  /** Who may come in. Default: everybody. */
  readonly admit?: Admit;
  /**
   * A listener of the connection threw, and it is closed with 1011; or, without a connection, a `jsessionid` function did, and the request was broken off.
   * Default: it is thrown again, outside, and ends the process as in any listener.
   */
  readonly on_error?: (error: unknown, connection: SockjsConnection | undefined) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/** {@link SockjsOptions} with their defaults. */
export type SockjsSettings = Required<Omit<SockjsOptions, "base_url" | "admit">> & Pick<SockjsOptions, "base_url" | "admit">;

const defaults: SockjsSettings = {
  prefix: "",
  sockjs_url: "https://cdn.jsdelivr.net/npm/sockjs-client@1.6.1/dist/sockjs.min.js",
  response_limit: 131_072,
  websocket: true,
  jsessionid: false,
  disable_cors: false,
  heartbeat_delay: 25_000,
  disconnect_delay: 5_000,
  websocket_heartbeat: "ping",
  heartbeat_reply_timeout: 0,
  max_body_bytes: 1_048_576,
  max_queue_bytes: 1_048_576,
  max_sessions: 10_000,
  legacy: false,
  on_error: (error) =>
    queueMicrotask(() => {
      throw error;
    }),
  clock: processClock,
};

const names: ReadonlySet<string> = new Set([...Object.keys(defaults), "base_url", "admit"]);

/** Longest time that a timer of Node takes. */
const mostMs = 2_147_483_647;

const ranges: readonly (readonly [keyof SockjsOptions, least: number, most: number])[] = [
  ["response_limit", 1, Number.MAX_SAFE_INTEGER],
  ["heartbeat_delay", 0, mostMs],
  ["disconnect_delay", 1, mostMs],
  ["heartbeat_reply_timeout", 0, mostMs],
  ["max_body_bytes", 1, Number.MAX_SAFE_INTEGER],
  ["max_queue_bytes", 1, Number.MAX_SAFE_INTEGER],
  ["max_sessions", 1, Number.MAX_SAFE_INTEGER],
];

/** Fills in the defaults. @throws TypeError or RangeError naming the option and its value */
export function completeOptions(options: SockjsOptions): SockjsSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const unknown = Object.keys(given).find((name) => !names.has(name));
  if (unknown !== undefined) throw new TypeError(`there is no option ${unknown}; there are ${[...names].join(", ")}`);
  const settings: SockjsSettings = { ...defaults, ...given };
  for (const [name, least, most] of ranges) checkNumber(name, settings[name], least, most);
  checkPrefix(settings.prefix);
  if (settings.sockjs_url !== false && !/^(?:\/|https?:\/\/)/.test(settings.sockjs_url))
    throw new TypeError(`sockjs_url is ${JSON.stringify(settings.sockjs_url)}: it must begin with / or http`);
  if (!["ping", "frame"].includes(settings.websocket_heartbeat))
    throw new TypeError(`websocket_heartbeat is ${JSON.stringify(settings.websocket_heartbeat)}: it must be "ping" or "frame"`);
  if (settings.heartbeat_reply_timeout > 0 && settings.heartbeat_delay === 0)
    throw new TypeError("heartbeat_reply_timeout needs a heartbeat_delay above 0");
  return settings;
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${JSON.stringify(value)}: it must be a whole number from ${least} to ${most}`);
}

function checkPrefix(prefix: unknown): void {
  if (typeof prefix === "string" && /^(?:\/[^/?#\s]+)*$/.test(prefix)) return;
  throw new TypeError(`prefix is ${JSON.stringify(prefix)}: it must be a path such as /echo, without a slash at its end`);
}
