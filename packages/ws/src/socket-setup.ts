import { PROFILES, type Profile } from "@openline/protocol";
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

/** How the connection is to be set up. */
export function connectionSetup(role: "server" | "client", setup: SocketSetup): ConnectionOptions {
  const { handshake, generateMask } = setup;
  const extensions = handshake?.extensions ?? [];
  return { ...connectionOptions(role, setup, handshake?.profile ?? PROFILES.ws), extensions, generateMask };
}
