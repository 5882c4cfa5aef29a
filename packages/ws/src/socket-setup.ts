import type { Profile } from "@openline/protocol";
import type { ConnectionOptions } from "./connection.ts";
import type { UsedExtension } from "./endpoint-extensions.ts";
import { connectionOptions, type EndpointOptions } from "./endpoint-options.ts";

/** What the opening handshake came to. */
export interface Handshake {
  /** Empty for none. */
  readonly subprotocol: string;
  readonly extensions: readonly UsedExtension[];
  readonly profile: Profile;
  /** The client's address, after trusted proxies. */
  readonly remoteAddress?: string | undefined;
  /** All other options are those that the socket was made with: they need not be put together again. */
  readonly isAll?: boolean | undefined;
  /** What the checks of the handshake have put together. */
  readonly context?: Record<string, unknown> | undefined;
}

/** What `setSocket` takes: options as users write them, and what was agreed on. */
export interface SocketSetup extends EndpointOptions {
  /** Supplies the masking keys of a client's frames. Default: cryptographic. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** Default: nothing agreed on, defaults of `ws`. */
  readonly handshake?: Handshake | undefined;
}

/** What was set up last in each role: connections of an endpoint share one object, as long as its options stay the same. */
const latest: { server?: ConnectionOptions; client?: ConnectionOptions } = {};

/** How the connection is to be set up. */
export function connectionSetup(role: "server" | "client", setup: SocketSetup, profile: Profile): ConnectionOptions {
  const options = { ...connectionOptions(role, setup, profile), generateMask: setup.generateMask };
  const before = latest[role];
  return before !== undefined && isSame(options, before) ? before : (latest[role] = options);
}

function isSame(options: ConnectionOptions, others: ConnectionOptions): boolean {
  for (const [name, value] of Object.entries(options)) {
    const other: unknown = Reflect.get(others, name);
    if (value !== other && (name !== "heartbeat" || !isSameBeat(options.heartbeat, others.heartbeat))) return false;
  }
  return true;
}

function isSameBeat(beat: ConnectionOptions["heartbeat"], other: ConnectionOptions["heartbeat"]): boolean {
  return beat?.intervalMs === other?.intervalMs && beat?.timeoutMs === other?.timeoutMs && beat?.text === other?.text;
}
