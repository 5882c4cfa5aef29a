import type { DeflateAgreement, PreparedFrame } from "@openline/protocol";
import { permessageDeflate } from "@openline/protocol";
import type { Deflated, EndpointExtension, Inflated, MessageCodec } from "../message-codec.ts";
import { type ContextPool, contextPool } from "./context-pool.ts";
import { checkDeflateOptions, type DeflateSettings, deflateSettings, type PerMessageDeflateOptions } from "./deflate-settings.ts";
import { deflate } from "./deflater.ts";
import { inflate } from "./inflater.ts";
import { ZlibContext } from "./zlib-context.ts";

/**
 * permessage-deflate for an endpoint (RFC 7692). `refuseUnfit`: fail the handshake where `ws` 8 does.
 * @throws UsageError `USAGE_OPTION` when a window is out of range; RangeError or TypeError for options that zlib refuses
 */
export function deflateExtension(role: "server" | "client", options: PerMessageDeflateOptions, refuseUnfit: boolean): EndpointExtension {
  checkDeflateOptions(options);
  return permessageDeflate(
    { ...options, role, refuseUnfit },
    (agreement: DeflateAgreement) => new DeflateCodec(deflateSettings(role, options, agreement)),
  );
}

/**
 * The codec of one connection. A context of its own only where context takeover was negotiated, made when it is needed first; otherwise one of the
 * pool's from a message's first piece to its last.
 */
export class DeflateCodec implements MessageCodec {
  readonly thresholdBytes: number;
  readonly #settings: DeflateSettings;
  readonly #deflaters: ContextPool;
  readonly #inflaters: ContextPool;
  #deflater: ZlibContext | undefined;
  #inflater: ZlibContext | undefined;

  constructor(settings: DeflateSettings) {
    this.thresholdBytes = settings.thresholdBytes;
    this.#settings = settings;
    this.#deflaters = contextPool("deflate", settings.deflateOptions);
    this.#inflaters = contextPool("inflate", settings.inflateOptions);
  }

  inflate(data: Uint8Array, isFinal: boolean, limitBytes: number, later: (result: Inflated) => void): Inflated | undefined {
    const { keepsInflater, inflateOptions, concurrencyLimit } = this.#settings;
    this.#inflater ??= keepsInflater ? new ZlibContext("inflate", inflateOptions) : this.#inflaters.take();
    const result = inflate(this.#inflater, data, isFinal, limitBytes, concurrencyLimit, (late) => later(this.#inflated(late, isFinal)));
    return result === undefined ? undefined : this.#inflated(result, isFinal);
  }

  deflate(data: Uint8Array, isFinal: boolean, isFresh: boolean, later: (result: Deflated) => void): Deflated | undefined {
    const { keepsDeflater, deflateOptions, concurrencyLimit } = this.#settings;
    if (isFresh) this.#deflater?.reset();
    this.#deflater ??= keepsDeflater ? new ZlibContext("deflate", deflateOptions) : this.#deflaters.take();
    const result = deflate(this.#deflater, data, isFinal, concurrencyLimit, (late) => later(this.#deflated(late, isFinal)));
    return result === undefined ? undefined : this.#deflated(result, isFinal);
  }

  prepared(frame: PreparedFrame): PreparedFrame | undefined {
    const { takesShared, sharedOptions, thresholdBytes } = this.#settings;
    if (!takesShared || frame.payload.length < thresholdBytes) return undefined;
    return contextPool("deflate", sharedOptions).prepared(frame);
  }

  close(): void {
    this.#inflater?.close();
    this.#deflater?.close();
    this.#inflater = this.#deflater = undefined;
  }

  #inflated(result: Inflated, isFinal: boolean): Inflated {
    const inflater = this.#inflater;
    if (inflater === undefined) return result;
    if ("why" in result || !inflater.isUsable) {
      inflater.close();
      this.#inflater = undefined;
    } else if (isFinal && !this.#settings.keepsInflater) {
      this.#inflaters.give(inflater);
      this.#inflater = undefined;
    }
    return result;
  }

  #deflated(result: Deflated, isFinal: boolean): Deflated {
    const deflater = this.#deflater;
    if (deflater === undefined) return result;
    if (result instanceof Error) {
      deflater.close();
      this.#deflater = undefined;
    } else if (isFinal && !this.#settings.keepsDeflater) {
      this.#deflaters.give(deflater);
      this.#deflater = undefined;
    }
    return result;
  }
}
