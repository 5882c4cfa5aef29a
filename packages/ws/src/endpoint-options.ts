import { Machine, type MachineOptions, type Profile, Slabs } from "@openline/protocol";
import type { ConnectionOptions } from "./connection-options.ts";
import type { ExtensionOptions } from "./endpoint-extensions.ts";
import type { DriverChoice } from "./fast-driver/driver-choice.ts";
import type { HandlerErrorPolicy } from "./handler-errors.ts";
import type { MessageCheck } from "./message-checks.ts";
import type { ScreenRules } from "./message-screen.ts";
import { platform, platformWith } from "./platform.ts";
import { DEFAULT_HEARTBEAT_TEXT, TextHeartbeat, type TextProbes } from "./text-heartbeat.ts";

/** Ping at intervals, and cut the line when nothing comes back. Units: milliseconds. */
export interface HeartbeatOptions extends TextProbes {
  /** `text`: with each ping goes a text message, for pages whose scripts see no pings. Default `ping`. */
  readonly mode?: "ping" | "text" | undefined;
  /** Time from one ping to the next. */
  readonly intervalMs: number;
  /** How long after a ping anything must have arrived: any message, or the pong that every browser sends by itself. Otherwise the transport is dropped. */
  readonly timeoutMs: number;
  /** The text of mode `text`. Default `heartbeat`. */
  readonly text?: string | undefined;
}

/** What holds for a connection whichever end it is. Names and defaults of `ws` 8 unless the `server` profile is chosen with `secure: true`. */
export interface EndpointOptions extends ExtensionOptions {
  /** Largest message accepted, in bytes; larger ones fail the connection with 1009. 0 for no limit. Default 100 MiB (64 KiB when `secure`). */
  maxPayload?: number | undefined;
  /** Most fragments of one message; more fail the connection with 1008. Default 16,384 (1,024 when `secure`). */
  maxFragments?: number | undefined;
  /** Has no effect: a connection holds at most one chunk of what was read, so there is no number of them to limit. */
  maxBufferedChunks?: number | undefined;
  /** Has no effect: while output is blocked only the newest pong waits (RFC 6455 §5.5.3), so there is no number of them to limit. */
  maxPendingAutoPongs?: number | undefined;
  /** Answer pings by itself. Default true. */
  autoPong?: boolean | undefined;
  /** Do not check text and close reasons for valid UTF-8. Default false. */
  skipUTF8Validation?: boolean | undefined;
  /** How long to wait for the end of the closing handshake, in milliseconds, before the transport is dropped. Default 30,000 (10,000 when `secure`). */
  closeTimeout?: number | undefined;
  /** Whether several messages of one read may be emitted in one turn of the event loop. Default true. */
  allowSynchronousEvents?: boolean | undefined;
  /** `send` answers false from this many unsent bytes on. Default 1 MiB (64 KiB when `secure`). */
  highWaterBytes?: number | undefined;
  /** After that, `drain` is emitted when no more than this is unsent. Default a quarter of it. */
  lowWaterBytes?: number | undefined;
  /** Cap on the bytes that are queued and unsent; a single message is always taken into an empty queue. Default no limit (1 MiB when `secure`). */
  maxQueueBytes?: number | undefined;
  /**
   * What happens to a connection whose queue would pass the cap. `close`: what waits is dropped and the peer is told 1008 (with `fragmentBytes`, at most 64 KiB
   * stand before that). `terminate`: the transport is dropped. `drop`: that message is left out, its callback gets an error. Default `terminate`
   * (`close` when `secure`).
   */
  queuePolicy?: "close" | "terminate" | "drop" | undefined;
  /**
   * Messages above this size leave as fragments, so that at most 64 KiB of queued payload, or one fragment, stands before a ping, a pong or a close.
   * Default: never (64 KiB when `secure`).
   */
  fragmentBytes?: number | undefined;
  /**
   * How TCP connections are read and written: `portable` as any stream; `fast` on the handle, where the running Node offers that; `auto`: fast where it can
   * be, without a word where it cannot. TLS and all other transports are portable. Default `auto`; `OPENLINE_DRIVER=portable` in the environment wins.
   */
  driver?: DriverChoice | undefined;
  /**
   * What `message` listeners are given. `copy`: memory of their own. `view`: where it can be, a view of what was read, without a copy: it is only theirs until
   * they return, and then shows other data; copy what you keep. Sending it from inside the listener is safe. Default `copy`.
   */
  messages?: "copy" | "view" | undefined;
  /** Which kinds of messages are accepted; the other closes the connection with 1003. Default `both`. */
  accept?: "text" | "binary" | "both" | undefined;
  /** Asked in this order for each message before the application's listeners get it. */
  messageChecks?: readonly MessageCheck[] | undefined;
  /** What a throw in a listener of the socket does. Default `throw` (`close` when `secure`): see {@link HandlerErrorPolicy}. */
  onHandlerError?: HandlerErrorPolicy | undefined;
  /** Heartbeat by ping, or by ping and text. Default off (25 s and 10 s when `secure`). */
  heartbeat?: HeartbeatOptions | false | undefined;
  /** Close a connection over which no message came or went for that long, in milliseconds. Default off. */
  idleTimeoutMs?: number | undefined;
}

/** What goes into the settings of a connection. */
export interface ConnectionSource extends EndpointOptions {
  /** Supplies the masking keys of a client's frames. Default: cryptographic. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

// Frames of all connections share a few blocks of memory: they are written out at the end of the turn and the block begins anew.
const slabs = new Slabs(platform);

/** The options of a user, with the profile's defaults for what they leave open. */
export function connectionOptions(role: "server" | "client", options: ConnectionSource, profile: Profile): ConnectionOptions {
  const highWaterBytes = options.highWaterBytes ?? profile.highWaterBytes;
  const { heartbeat = profile.heartbeat } = options;
  return {
    role,
    platform: platformWith(options.generateMask),
    slabs,
    // Each connection has its own.
    now: 0,
    maxPayloadBytes: orNoLimit(options.maxPayload ?? profile.maxPayloadBytes),
    maxFragments: orNoLimit(options.maxFragments ?? profile.maxFragments),
    highWaterBytes,
    lowWaterBytes: options.lowWaterBytes ?? (options.highWaterBytes === undefined ? profile.lowWaterBytes : Math.floor(highWaterBytes / 4)),
    maxQueueBytes: options.maxQueueBytes ?? profile.maxQueueBytes,
    queuePolicy: options.queuePolicy ?? profile.queuePolicy,
    fragmentBytes: options.fragmentBytes ?? profile.fragmentBytes,
    closeTimeoutMs: options.closeTimeout ?? profile.closeTimeoutMs,
    heartbeat: heartbeat === false || heartbeat === undefined ? undefined : beats(heartbeat),
    idleTimeoutMs: options.idleTimeoutMs,
    autoPong: options.autoPong ?? profile.autoPong,
    skipUtf8Validation: options.skipUTF8Validation ?? profile.skipUtf8Validation,
    oneEventPerTurn: options.allowSynchronousEvents === false,
  };
}

/** @throws UsageError, TypeError or RangeError naming an option that cannot be: when the endpoint is made, not with its first connection */
export function checkEndpointOptions(role: "server" | "client", options: EndpointOptions, profile: Profile): void {
  // The machine knows its limits best, and costs 2 µs.
  const machine = new Machine(connectionOptions(role, options, profile));
  machine.terminate();
  screenRules(options, profile);
  checkMessages(options.messages);
}

function checkMessages(messages: EndpointOptions["messages"]): void {
  if (messages === undefined || messages === "copy" || messages === "view") return;
  throw new TypeError(`The option messages is ${JSON.stringify(messages)}: it must be "copy" or "view"`);
}

/** What messages of a connection go through before the application; undefined when that is nothing. */
export function screenRules(options: EndpointOptions, profile: Profile): ScreenRules | undefined {
  const { accept = "both", messageChecks: checks = [], heartbeat } = options;
  const onHandlerError = options.onHandlerError ?? profile.onHandlerError;
  const texts = heartbeat === false || heartbeat?.mode !== "text" ? undefined : heartbeat;
  if (accept === "both" && checks.length === 0 && onHandlerError === "throw" && texts?.probes === undefined) return undefined;
  return { accept, checks, onHandlerError, heartbeat: texts && new TextHeartbeat({ ...texts, reply: texts.reply ?? texts.text }) };
}

function beats({ mode = "ping", intervalMs, timeoutMs, text, probes, reply }: HeartbeatOptions): MachineOptions["heartbeat"] {
  if (mode === "text") return { intervalMs, timeoutMs, text: text ?? DEFAULT_HEARTBEAT_TEXT };
  const unused = Object.entries({ text, probes, reply }).find(([, value]) => value !== undefined);
  if (unused !== undefined) throw new TypeError(`heartbeat: ${unused[0]} is for the mode "text", not for ${JSON.stringify(mode)}`);
  return { intervalMs, timeoutMs };
}

// `ws` writes 0 for no limit.
function orNoLimit(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
