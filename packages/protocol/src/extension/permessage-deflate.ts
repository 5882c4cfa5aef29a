import { UsageError } from "../errors.ts";
import { RSV1 } from "../frame.ts";
import type { DeflateParameters } from "./deflate-parameters.ts";
import { readDeflateParameters, writeDeflateParameters } from "./deflate-parameters.ts";
import type { ExtensionParams, ExtensionVerdict, MessageExtension } from "./message-extension.ts";

/** How permessage-deflate is negotiated: names and meanings of npm `ws` 8. */
export interface DeflateNegotiationOptions {
  readonly role: "server" | "client";
  /** True: ask for it. False: the server's compressor keeps its context, an offer that forbids it is declined. Default: as the peer wishes. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** True: ask for it. False (client): an answer that asks for it fails the handshake. Default: as the peer wishes. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** 8 to 15: the server's window at most; false: an offer that limits it is declined. Default: as the peer wishes. */
  readonly serverMaxWindowBits?: number | boolean | undefined;
  /** 8 to 15: the client's window at most; false (client): not offered. Default: a client offers the parameter without a value. */
  readonly clientMaxWindowBits?: number | boolean | undefined;
  /**
   * Server: fail the handshake, as `ws` 8 does, for an offer with a mistake and when no offer can be accepted; and accept no window smaller
   * than the one set here. Otherwise such offers are declined, as RFC 7692 §5.1 and §7 have it. Default false.
   */
  readonly refuseUnfit?: boolean | undefined;
}

/** What both ends will do (RFC 7692 §7.1). Windows in bits. */
export interface DeflateAgreement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

const MAX_WINDOW_BITS = 15;
/** zlib makes no raw stream with a window of 8 bits; it reads them. */
const MIN_OWN_WINDOW_BITS = 9;

/**
 * The extension permessage-deflate (RFC 7692), for the role given. `openCodec` is called with the agreement when the connection stands.
 * @throws UsageError `USAGE_OPTION` when a window is not a whole number of 8 to 15, or 8 for our own compressor
 */
export function permessageDeflate<Codec>(
  options: DeflateNegotiationOptions,
  openCodec: (agreement: DeflateAgreement) => Codec,
): MessageExtension<Codec> {
  checkWindow("serverMaxWindowBits", options.serverMaxWindowBits, options.role === "server");
  checkWindow("clientMaxWindowBits", options.clientMaxWindowBits, options.role === "client");
  return {
    name: "permessage-deflate",
    rsv: RSV1,
    offers: () => [writeDeflateParameters(wishes(options))],
    accept: (offers) => accept(offers, options, openCodec),
    check: (answer) => check(answer, options, openCodec),
  };
}

function checkWindow(name: string, bits: number | boolean | undefined, isOwn: boolean): void {
  if (typeof bits !== "number") return;
  const least = isOwn ? MIN_OWN_WINDOW_BITS : 8;
  if (Number.isInteger(bits) && bits >= least && bits <= MAX_WINDOW_BITS) return;
  throw new UsageError("USAGE_OPTION", {
    value: `perMessageDeflate.${name} is ${bits}: it must be a whole number of ${least} to ${MAX_WINDOW_BITS}`,
  });
}

/** What a client offers. */
function wishes(options: DeflateNegotiationOptions): DeflateParameters {
  const { clientMaxWindowBits = true } = options;
  return {
    serverNoContextTakeover: options.serverNoContextTakeover === true,
    clientNoContextTakeover: options.clientNoContextTakeover === true,
    serverMaxWindowBits: numberOr(options.serverMaxWindowBits, undefined),
    clientMaxWindowBits: clientMaxWindowBits === false ? undefined : clientMaxWindowBits,
  };
}

// ---- server

function accept<Codec>(
  offers: readonly ExtensionParams[],
  options: DeflateNegotiationOptions,
  openCodec: (agreement: DeflateAgreement) => Codec,
): ExtensionVerdict<Codec> {
  const readable: DeflateParameters[] = [];
  for (const offer of offers) {
    const parameters = readDeflateParameters(offer, "offer");
    if (typeof parameters !== "string") readable.push(parameters);
    else if (options.refuseUnfit === true) return { kind: "refused", detail: parameters };
  }
  const fitting = readable.filter((offer) => fits(offer, options));
  if (fitting.length === 0 && options.refuseUnfit === true) return { kind: "refused", detail: "no offer can be accepted" };
  const chosen = fitting.find((offer) => offer.serverMaxWindowBits === undefined || offer.serverMaxWindowBits >= MIN_OWN_WINDOW_BITS);
  if (chosen === undefined) return { kind: "declined" };
  const answer = answerTo(chosen, options);
  return { kind: "accepted", params: writeDeflateParameters(answer), codec: () => openCodec(agreementOf(answer)) };
}

function fits(offer: DeflateParameters, options: DeflateNegotiationOptions): boolean {
  const { serverNoContextTakeover, serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = options;
  if (serverNoContextTakeover === false && offer.serverNoContextTakeover) return false;
  if (serverBits === false && offer.serverMaxWindowBits !== undefined) return false;
  // A client that does not offer the parameter need not understand it in the answer (RFC 7692 §7.1.2.2).
  if (typeof clientBits === "number" && offer.clientMaxWindowBits === undefined) return false;
  if (options.refuseUnfit !== true) return true;
  return numberOr(serverBits, 0) <= (offer.serverMaxWindowBits ?? 15) && numberOr(clientBits, 0) <= numberOr(offer.clientMaxWindowBits, 15);
}

function answerTo(offer: DeflateParameters, options: DeflateNegotiationOptions): DeflateParameters {
  const serverBits = smaller(offer.serverMaxWindowBits, numberOr(options.serverMaxWindowBits, undefined));
  const clientBits = smaller(numberOr(offer.clientMaxWindowBits, undefined), numberOr(options.clientMaxWindowBits, undefined));
  return {
    serverNoContextTakeover: offer.serverNoContextTakeover || options.serverNoContextTakeover === true,
    clientNoContextTakeover: offer.clientNoContextTakeover || options.clientNoContextTakeover === true,
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: offer.clientMaxWindowBits === undefined || options.clientMaxWindowBits === false ? undefined : clientBits,
  };
}

// ---- client

function check<Codec>(
  answer: ExtensionParams,
  options: DeflateNegotiationOptions,
  openCodec: (agreement: DeflateAgreement) => Codec,
): ExtensionVerdict<Codec> {
  const parameters = readDeflateParameters(answer, "answer");
  if (typeof parameters === "string") return { kind: "refused", detail: parameters };
  const fault = faultIn(parameters, options);
  if (fault !== undefined) return { kind: "refused", detail: fault };
  const agreement = agreementOf(parameters);
  return {
    kind: "accepted",
    params: answer,
    codec: () =>
      openCodec({
        ...agreement,
        // What the client said of itself it does also where the answer is silent about it (RFC 7692 §7.1.1.2, §7.1.2.2).
        clientNoContextTakeover: agreement.clientNoContextTakeover || options.clientNoContextTakeover === true,
        clientMaxWindowBits: Math.min(agreement.clientMaxWindowBits, numberOr(options.clientMaxWindowBits, MAX_WINDOW_BITS)),
      }),
  };
}

function faultIn(answer: DeflateParameters, options: DeflateNegotiationOptions): string | undefined {
  if (answer.clientNoContextTakeover && options.clientNoContextTakeover === false) return "client_no_context_takeover";
  if ((answer.serverMaxWindowBits ?? 0) > numberOr(options.serverMaxWindowBits, MAX_WINDOW_BITS)) return "server_max_window_bits";
  if (answer.clientMaxWindowBits === undefined) return undefined;
  const isOffered = options.clientMaxWindowBits !== false;
  const isWithin = numberOr(answer.clientMaxWindowBits, 0) <= numberOr(options.clientMaxWindowBits, MAX_WINDOW_BITS);
  return isOffered && isWithin ? undefined : "client_max_window_bits";
}

// ---- both

function agreementOf(answer: DeflateParameters): DeflateAgreement {
  return {
    serverNoContextTakeover: answer.serverNoContextTakeover,
    clientNoContextTakeover: answer.clientNoContextTakeover,
    serverMaxWindowBits: answer.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits: numberOr(answer.clientMaxWindowBits, MAX_WINDOW_BITS),
  };
}

function numberOr<T>(value: number | boolean | undefined, other: T): number | T {
  return typeof value === "number" ? value : other;
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}
