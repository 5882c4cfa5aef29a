import { ClientError } from "./errors.ts";
import { type FallbackSettings, FallbackSocket, type FallbackTransport, type WayMemory } from "./fallback/fallback-socket.ts";
import { type Fetch, webHttp } from "./fallback/http-platform.ts";
import { mostTimerMs, numberIn } from "./options.ts";
import { type Clock, type SocketConstructor, webPlatform } from "./platform.ts";

export type { FallbackTransport } from "./fallback/fallback-socket.ts";

/** What the application may set. Times in milliseconds. */
export interface FallbackOptions {
  /** The WebSocket class that is tried first. Default: the platform's own. `false`: none, HTTP alone. */
  readonly WebSocket?: SocketConstructor | false;
  /** Where the server has SockJS, beside the hub: its setting `sockjs.path`. Default `sockjs`. */
  readonly path?: string;
  /** How long a WebSocket may take to open before HTTP is tried. Default 3,000. */
  readonly webSocketTimeoutMs?: number;
  /** How long a stream may take to begin before polling is tried. Default 3,000. */
  readonly streamTimeoutMs?: number;
  /** How long WebSocket is not tried again once it was found blocked. Default 300,000. */
  readonly retryWebSocketMs?: number;
  /** Whether cookies go along to a server of another origin, as WebSocket sends them. Default true. */
  readonly withCredentials?: boolean;
  /** Called for each connection that opens. */
  readonly onTransport?: (transport: FallbackTransport) => void;
  /** For tests. */
  readonly fetch?: Fetch;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Makes a socket class for {@link ClientOptions.WebSocket} that goes over HTTP where WebSocket is blocked: `new Client("/", { WebSocket: withFallback() })`. The session and its
 * rooms are recovered across a change of transport, as after any broken connection. What was found out is kept for the connections of this class.
 * @throws ClientError `bad-option`
 */
export function withFallback(options: FallbackOptions = {}): SocketConstructor {
  const settings = resolved(options);
  const memory: WayMemory = { blockedUntil: Number.NEGATIVE_INFINITY };
  return class extends FallbackSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(settings, memory, url, protocols);
    }
  };
}

function resolved(options: FallbackOptions): FallbackSettings {
  const { path = "sockjs", clock = webHttp.clock, fetch = webHttp.fetch, withCredentials = true, onTransport = () => undefined } = options;
  if (!/^[\w-]+$/.test(path))
    throw new ClientError("bad-option", `path is ${JSON.stringify(path)}, not a name of letters, digits, - and _`);
  const ms = (name: "webSocketTimeoutMs" | "streamTimeoutMs" | "retryWebSocketMs", fallback: number): number =>
    numberIn(name, options[name] ?? fallback, 0, mostTimerMs);
  return {
    webSocket: options.WebSocket === false ? undefined : (options.WebSocket ?? webPlatform().webSocket()),
    path,
    webSocketTimeoutMs: ms("webSocketTimeoutMs", 3_000),
    streamTimeoutMs: ms("streamTimeoutMs", 3_000),
    retryWebSocketMs: ms("retryWebSocketMs", 300_000),
    withCredentials,
    onTransport,
    platform: { ...webHttp, clock, fetch },
  };
}
