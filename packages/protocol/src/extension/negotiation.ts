import { HandshakeError } from "../errors.ts";
import type { Extension } from "../handshake/extensions.ts";
import type { ExtensionParams, ExtensionVerdict, MessageExtension, RsvBit } from "./message-extension.ts";

/** An extension that both ends agreed on. */
export interface AgreedExtension<Codec> {
  readonly name: string;
  readonly params: ExtensionParams;
  readonly rsv: RsvBit;
  readonly codec: () => Codec;
}

export type Negotiation<Codec> =
  | { readonly ok: true; readonly agreed: readonly AgreedExtension<Codec>[] }
  | { readonly ok: false; readonly error: HandshakeError };

/** Client: the offers of all extensions, for `requestFields`. */
export function offerExtensions<Codec>(supported: readonly MessageExtension<Codec>[]): Extension[] {
  return supported.flatMap((extension) => extension.offers().map((params) => ({ name: extension.name, params })));
}

/**
 * Server: what to answer to a client's offers, for `responseFields`, in the order in which the client names them. Unknown extensions are
 * left out; of those with a codec, and so with a reserved bit, the one that the client wants most is taken (RFC 6455 §9.1).
 */
export function acceptExtensions<Codec>(offers: readonly Extension[], supported: readonly MessageExtension<Codec>[]): Negotiation<Codec> {
  const agreed: AgreedExtension<Codec>[] = [];
  if (offers.length === 0) return { ok: true, agreed };
  for (const name of new Set(offers.map((offer) => offer.name))) {
    const extension = supported.find((each) => each.name === name);
    if (extension === undefined || collides(extension, agreed)) continue;
    const verdict = extension.accept(offers.filter((offer) => offer.name === name).map((offer) => offer.params));
    if (verdict.kind === "refused") return { ok: false, error: new HandshakeError("HANDSHAKE_EXTENSIONS") };
    if (verdict.kind === "accepted") agreed.push(agreement(extension, verdict.params, verdict));
  }
  return { ok: true, agreed };
}

/**
 * Client: whether the answer is one that the offers allow; anything else fails the handshake (RFC 6455 §4.1, §9.1). `status` is the
 * response's.
 */
export function checkExtensions<Codec>(
  answers: readonly Extension[],
  supported: readonly MessageExtension<Codec>[],
  status: number,
): Negotiation<Codec> {
  const agreed: AgreedExtension<Codec>[] = [];
  for (const { name, params } of answers) {
    const extension = supported.find((each) => each.name === name);
    const isFree = extension !== undefined && !collides(extension, agreed) && agreed.every((each) => each.name !== name);
    const verdict = isFree ? extension.check(params) : undefined;
    if (extension === undefined || verdict?.kind !== "accepted") {
      return { ok: false, error: new HandshakeError("HANDSHAKE_RESPONSE_EXTENSIONS", { status }) };
    }
    agreed.push(agreement(extension, params, verdict));
  }
  return { ok: true, agreed };
}

function collides<Codec>(extension: MessageExtension<Codec>, agreed: readonly AgreedExtension<Codec>[]): boolean {
  return extension.rsv !== 0 && agreed.some((each) => each.rsv !== 0);
}

function agreement<Codec>(
  { name, rsv }: MessageExtension<Codec>,
  params: ExtensionParams,
  { codec }: Extract<ExtensionVerdict<Codec>, { kind: "accepted" }>,
): AgreedExtension<Codec> {
  return { name, params, rsv, codec };
}
