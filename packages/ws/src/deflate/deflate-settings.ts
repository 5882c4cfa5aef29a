import { createDeflateRaw, createInflateRaw, type ZlibOptions } from "node:zlib";
import { type DeflateAgreement, type DeflateNegotiationOptions, UsageError } from "@openline/protocol";

/** Options of permessage-deflate (RFC 7692), with the names of `ws` 8. Windows in bits, 8 to 15. */
export interface PerMessageDeflateOptions extends Omit<DeflateNegotiationOptions, "role" | "refuseUnfit"> {
  /** Options of the compressor. Default: level 4, window 13, memLevel 6. The window is never larger than negotiated. */
  zlibDeflateOptions?: ZlibOptions | undefined;
  /** Options of the decompressor; its window is the negotiated one. */
  zlibInflateOptions?: ZlibOptions | undefined;
  /**
   * Messages below this many bytes leave uncompressed. Default 1024; 0 on connections whose compressor keeps its context, where small messages gain the
   * most, as in `ws`.
   */
  threshold?: number | undefined;
  /** Most zlib calls of this process that are in the thread pool at a time. Default 10. */
  concurrencyLimit?: number | undefined;
}

/** How the messages of one connection are compressed and inflated. */
export interface DeflateSettings {
  readonly deflateOptions: ZlibOptions;
  readonly inflateOptions: ZlibOptions;
  /** Whether the context is kept from message to message. */
  readonly keepsDeflater: boolean;
  readonly keepsInflater: boolean;
  /** Messages may be compressed by the one compressor that all connections with these options share. */
  readonly takesShared: boolean;
  readonly sharedOptions: ZlibOptions;
  readonly thresholdBytes: number;
  readonly concurrencyLimit: number;
}

/**
 * Measured with 50 contexts and 1 KiB of JSON: zlib's own level 6, window 15, memLevel 8 take 150 µs for a ratio of .305, since 256 KiB for each
 * context fall out of the caches; level 2, window 13, memLevel 6 take 18 µs for .351. Level 4 takes as long within the noise (a whole echo 47 µs, with level 2
 * 50) for 4 % fewer bytes: 1.16 times those of `ws` instead of 1.22, though `ws` keeps its context from message to message.
 */
const DEFAULT_DEFLATE: ZlibOptions = { level: 4, memLevel: 6 };
const DEFAULT_WINDOW_BITS = 13;

const DEFAULT_THRESHOLD_BYTES = 1024;
const DEFAULT_CONCURRENCY = 10;

/** zlib makes no raw stream with a smaller window: for a peer that wants one nothing is compressed. */
const MIN_WINDOW_BITS = 9;

/**
 * Tries the options out, so that a wrong one is reported where it was given and not on some connection later.
 * @throws UsageError `USAGE_OPTION`; RangeError or TypeError from zlib
 */
export function checkDeflateOptions(options: PerMessageDeflateOptions): void {
  checkNumber("threshold", options.threshold, 0);
  checkNumber("concurrencyLimit", options.concurrencyLimit, 1);
  if (options.zlibDeflateOptions !== undefined) createDeflateRaw(options.zlibDeflateOptions).close();
  if (options.zlibInflateOptions !== undefined) createInflateRaw(options.zlibInflateOptions).close();
}

function checkNumber(name: string, value: number | undefined, least: number): void {
  if (value === undefined || value >= least) return;
  throw new UsageError("USAGE_OPTION", { value: `perMessageDeflate.${name} is ${value}: it must be ${least} or more` });
}

/** What the options and the agreement come to for the connection of `role`. */
export function deflateSettings(
  role: "server" | "client",
  options: PerMessageDeflateOptions,
  agreement: DeflateAgreement,
): DeflateSettings {
  const isServer = role === "server";
  const ownBits = isServer ? agreement.serverMaxWindowBits : agreement.clientMaxWindowBits;
  const peerBits = isServer ? agreement.clientMaxWindowBits : agreement.serverMaxWindowBits;
  const keepsDeflater = !(isServer ? agreement.serverNoContextTakeover : agreement.clientNoContextTakeover);
  const keepsInflater = !(isServer ? agreement.clientNoContextTakeover : agreement.serverNoContextTakeover);
  const shared = { ...DEFAULT_DEFLATE, ...options.zlibDeflateOptions, windowBits: wantedBits(role, options) };
  const threshold = options.threshold ?? (keepsDeflater ? 0 : DEFAULT_THRESHOLD_BYTES);
  return {
    deflateOptions: { ...shared, windowBits: Math.min(shared.windowBits, ownBits) },
    // A shared decompressor must do for all peers. A larger window than the peer's reads the same.
    inflateOptions: { ...options.zlibInflateOptions, windowBits: keepsInflater ? peerBits : 15 },
    keepsDeflater,
    keepsInflater,
    takesShared: shared.windowBits <= ownBits,
    sharedOptions: shared,
    thresholdBytes: ownBits < MIN_WINDOW_BITS ? Number.POSITIVE_INFINITY : threshold,
    concurrencyLimit: options.concurrencyLimit ?? DEFAULT_CONCURRENCY,
  };
}

/** The compressor's window: what the user said of zlib, or of the negotiation, or the default. It needs no negotiation to be smaller. */
function wantedBits(role: "server" | "client", options: PerMessageDeflateOptions): number {
  const negotiated = role === "server" ? options.serverMaxWindowBits : options.clientMaxWindowBits;
  const wanted = options.zlibDeflateOptions?.windowBits ?? (typeof negotiated === "number" ? negotiated : DEFAULT_WINDOW_BITS);
  return Math.max(MIN_WINDOW_BITS, wanted);
}
