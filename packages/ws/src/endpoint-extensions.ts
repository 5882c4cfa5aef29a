import { type AgreedExtension, PROFILES, type Profile } from "@openline/protocol";
import { deflateExtension } from "./deflate/deflate-codec.ts";
import type { PerMessageDeflateOptions } from "./deflate/deflate-settings.ts";
import type { EndpointExtension, MessageCodec } from "./message-codec.ts";

/** The options that say which extensions an endpoint negotiates (RFC 6455 §9). */
export interface ExtensionOptions {
  /**
   * Compression, permessage-deflate (RFC 7692): true, or how. Default: a client offers it, a server does not accept it. With `secure` a server's
   * compressor keeps no context unless `serverNoContextTakeover` is false.
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Extensions of your own, wanted less than `perMessageDeflate`. Default none. */
  extensions?: readonly EndpointExtension[] | undefined;
}

/** An extension in use on a connection. */
export type UsedExtension = AgreedExtension<MessageCodec>;

/** What an endpoint with these options negotiates. @throws UsageError, RangeError, TypeError for options that cannot be */
export function endpointExtensions(role: "server" | "client", options: ExtensionOptions, profile: Profile): readonly EndpointExtension[] {
  const { perMessageDeflate = role === "client", extensions = [] } = options;
  // Programs written for `ws` may say null.
  if (perMessageDeflate === false || perMessageDeflate === null) return extensions;
  const given = perMessageDeflate === true ? {} : perMessageDeflate;
  const isSecure = profile !== PROFILES.ws;
  const { serverNoContextTakeover = isSecure ? true : undefined } = given;
  return [deflateExtension(role, { ...given, serverNoContextTakeover }, role === "server" && !isSecure), ...extensions];
}

/** The names, as `WebSocket.extensions` has them. */
export function extensionNames(used: readonly UsedExtension[]): string {
  return used.map(({ name }) => name).join(",");
}
