// What a test asks of a client, and what the client saw: plain data, so that clients in other processes and languages understand it.

/** Something a client does. Payloads are base64, also those of text, so that every byte arrives as it was written. */
export type Step =
  /** Sends one message, as one fragment for each part; with `ping`, a ping after the first part. */
  | { readonly do: "send"; readonly binary: boolean; readonly parts: readonly string[]; readonly ping?: string }
  | { readonly do: "ping"; readonly data: string }
  /** Starts the closing handshake; without a code, with an empty close frame. */
  | { readonly do: "close"; readonly code?: number; readonly reason?: string }
  /** Goes on when one more of these was seen. */
  | { readonly do: "await"; readonly seen: "message" | "pong" | "close" };

/** One connection of a client: opened, led through the steps, seen to its end. */
export interface Script {
  readonly url: string;
  /** Whether to offer permessage-deflate. */
  readonly compress: boolean;
  readonly steps: readonly Step[];
}

/** Something a client saw, in the order in which it saw it. */
export type Seen =
  | { readonly seen: "open"; readonly extensions: string }
  | { readonly seen: "message"; readonly binary: boolean; readonly data: string }
  | { readonly seen: "pong"; readonly data: string }
  /** `clean` is absent where the client does not tell. */
  | { readonly seen: "close"; readonly code: number; readonly reason: string; readonly clean?: boolean };

/** The end of a connection as a server saw it. */
export interface Closed {
  /** The path that the client asked for: it tells the connections apart. */
  readonly path: string;
  readonly code: number;
  readonly reason: string;
}

/** A client that a test leads through scripts. */
export interface ScriptedClient {
  run(script: Script): Promise<readonly Seen[]>;
  stop(): Promise<void>;
}

/**
 * A server that sends every message back as it came, and obeys text messages that begin with `!`:
 * `!close CODE REASON` closes (without CODE, with an empty close frame), `!ping DATA` pings and sends `!pong DATA` when the pong came,
 * `!fragments` sends the next message back in four fragments, cut at whole characters.
 */
export interface EchoServer {
  /** Where it listens: with permessage-deflate, or without. */
  url(compress: boolean): string;
  /** The end of the next connection to end. */
  nextClosed(): Promise<Closed>;
  stop(): Promise<void>;
}

/** What not every client or server can do. */
export type Ability =
  /** Sends a message in fragments. */
  | "fragments"
  /** Cuts text into fragments within a character. */
  | "cut-characters"
  /** Sends a ping between two fragments. */
  | "ping-between"
  /** Sends pings and tells of pongs. */
  | "ping"
  /** Closes with an empty close frame. */
  | "empty-close"
  /** Closes with the codes that browsers keep for themselves: 1001 to 1014. */
  | "protocol-codes"
  /** Knows the close code 1014, which was registered last. */
  | "code-1014"
  /** Compresses what it sends, where permessage-deflate was negotiated. */
  | "compress";

/** Abilities that are missing, each with the reason. */
export type Lacks = Readonly<Partial<Record<Ability, string>>>;

/** Another implementation of RFC 6455, as one or both ends. */
export interface Peer {
  readonly name: string;
  /** Why it cannot be had on this machine. */
  readonly missing?: string | undefined;
  readonly client?: { readonly lacks: Lacks; start(): Promise<ScriptedClient> };
  readonly server?: { readonly lacks: Lacks; start(): Promise<EchoServer> };
}
