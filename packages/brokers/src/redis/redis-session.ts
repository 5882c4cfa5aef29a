/** TLS of one's own, for `rediss://`. Default: the certificates that Node trusts. PEM texts. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** Connections to Redis from their being up to the first sign that they are not. After `lost` nothing is of use but `destroy`. */
export interface RedisSession {
  /** Sends one command to where `key` lives. Rejects when the answer is an error, or cannot come any more. */
  command(key: string, args: readonly string[]): Promise<unknown>;
  /** All keys that fit a pattern, in parts. */
  scan(pattern: string): AsyncIterable<string[]>;
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Resolves when every server has answered, on the commands' connections and then on those of the channels. */
  ping(): Promise<void>;
  /** Ends all connections; what waits for an answer is rejected. */
  destroy(): void;
}

/** How a session tells what happens in it. */
export interface SessionEvents {
  message(text: string, channel: string): void;
  lost(error: unknown): void;
}

/** Connects; gives up and closes what is open when the signal says so. */
export type OpenSession = (events: SessionEvents, signal: AbortSignal) => Promise<RedisSession>;

/** What every connection is made with. */
export interface ConnectionOptions {
  readonly socket: {
    readonly connectTimeout: number;
    readonly reconnectStrategy: false;
    readonly tls?: true;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
  readonly disableOfflineQueue: true;
  readonly commandOptions: { readonly timeout: 0 };
  readonly RESP: 2;
}
