import type { Profile } from "@openline/protocol";
import type { ServerOptions } from "./server-options.ts";

/** The options as `server.options` shows them: what was left open has its default, as in `ws`. The object given is not changed by this, nor looked at again. */
export function withDefaults(options: ServerOptions, profile: Profile): ServerOptions {
  return {
    allowSynchronousEvents: true,
    autoPong: profile.autoPong,
    clientTracking: true,
    closeTimeout: profile.closeTimeoutMs,
    maxFragments: profile.maxFragments,
    maxPayload: profile.maxPayloadBytes,
    perMessageDeflate: false,
    skipUTF8Validation: profile.skipUtf8Validation,
    ...options,
  };
}
