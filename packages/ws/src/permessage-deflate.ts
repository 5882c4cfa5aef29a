import { ProtocolError } from "@openline/protocol";
import { deflateExtension } from "./deflate/deflate-codec.ts";
import type { PerMessageDeflateOptions as DeflateOptions } from "./deflate/deflate-settings.ts";
import type { ExtensionParameters, LooseParameters } from "./extension.ts";
import type { Deflated, EndpointExtension, Inflated, MessageCodec } from "./message-codec.ts";
import { TurnQueue } from "./turn-queue.ts";

/** Options of {@link PerMessageDeflate}. */
export interface PerMessageDeflateSetup extends DeflateOptions {
  readonly isServer?: boolean | undefined;
  /** Largest message, inflated. Default no limit. */
  readonly maxPayload?: number | undefined;
}

/** The parameters agreed on, as `ws` has them: windows as numbers, flags as true. */
export type AgreedParameters = Record<string, string | number | true>;

type Done = (error: Error | null, result?: Buffer) => void;

/**
 * permessage-deflate (RFC 7692) as `ws` exports it: negotiation and codec of one connection, for programs that speak the protocol by themselves. The sockets
 * of this package do without it: see the option `perMessageDeflate`.
 */
export class PerMessageDeflate {
  static readonly extensionName = "permessage-deflate";
  /** What was agreed on; null before {@link PerMessageDeflate.accept}. */
  params: AgreedParameters | null = null;
  readonly #extension: EndpointExtension;
  readonly #isServer: boolean;
  readonly #limitBytes: number;
  readonly #compressing = new TurnQueue();
  readonly #inflating = new TurnQueue();
  #codec: MessageCodec | undefined;

  /** @throws UsageError, RangeError or TypeError for options that cannot be */
  constructor(setup: PerMessageDeflateSetup = {}) {
    const { isServer = false, maxPayload = 0, ...options } = setup;
    this.#isServer = isServer;
    this.#limitBytes = maxPayload > 0 ? maxPayload : Number.POSITIVE_INFINITY;
    this.#extension = deflateExtension(isServer ? "server" : "client", options, true);
  }

  /** What a client offers, for `extension.format`. */
  offer(): Record<string, string | true> {
    const [offer = []] = this.#extension.offers();
    return Object.fromEntries(offer);
  }

  /** Judges what `extension.parse` read: a server the offers, a client the answer. @throws Error when the handshake is to fail */
  accept(configurations: readonly (ExtensionParameters | LooseParameters)[]): AgreedParameters {
    const all = configurations.map(pairs);
    const verdict = this.#isServer ? this.#extension.accept(all) : this.#extension.check(all[0] ?? []);
    if (verdict.kind === "refused") throw new Error(`The parameters of permessage-deflate cannot be accepted: ${verdict.detail}`);
    if (verdict.kind === "declined") throw new Error("None of the extension offers can be accepted");
    this.#codec = verdict.codec();
    const agreed = this.#isServer ? verdict.params : (all[0] ?? []);
    this.params = Object.fromEntries(
      agreed.map(([name, value]) => [name, name.endsWith("bits") && value !== true ? Number(value) : value]),
    );
    return this.params;
  }

  /** Compresses a message or a fragment of one. The callback comes later, those of several calls in their order. */
  compress(data: Uint8Array | string, fin: boolean, callback: Done): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    void this.#run(this.#compressing, callback, (codec, later) => codec.deflate(bytes, fin, false, later));
  }

  /** Undoes the peer's compression. The callback comes later, those of several calls in their order. */
  decompress(data: Uint8Array, fin: boolean, callback: Done): void {
    void this.#run(this.#inflating, callback, (codec, later) => codec.inflate(data, fin, this.#limitBytes, later));
  }

  /** Frees what it holds. */
  cleanup(): void {
    this.#codec?.close();
    this.#codec = undefined;
  }

  async #run<R extends Deflated | Inflated>(
    queue: TurnQueue,
    callback: Done,
    start: (codec: MessageCodec, later: (result: R) => void) => R | undefined,
  ): Promise<void> {
    await queue.enter();
    const end = (result: Deflated | Inflated): void => {
      queue.leave();
      if (result instanceof Uint8Array) process.nextTick(callback, null, Buffer.from(result.buffer, result.byteOffset, result.length));
      else process.nextTick(callback, result instanceof Error ? result : faultOf(result));
    };
    if (this.#codec === undefined) return end(new Error("accept() has not been called, or cleanup() has"));
    const result = start(this.#codec, end);
    if (result !== undefined) end(result);
  }
}

function pairs(parameters: ExtensionParameters | LooseParameters): [string, string | true][] {
  return Object.entries(parameters).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string | true] => [name, value === true ? true : String(value)]),
  );
}

function faultOf({ why, detail }: Exclude<Inflated, Uint8Array>): ProtocolError {
  if (why === "limit") return new ProtocolError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  return new ProtocolError("WS_ERR_INVALID_COMPRESSED_DATA", { value: detail });
}
