import type { HandshakeErrorCode } from "../errors.ts";
import { HandshakeError, UsageError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { acceptKey } from "./accept.ts";
import type { Extension } from "./extensions.ts";
import { formatExtensions, parseExtensions } from "./extensions.ts";
import type { Field, Fields } from "./fields.ts";
import { fieldValue, hasToken } from "./fields.ts";
import { checkField } from "./server.ts";
import { areSubprotocols } from "./subprotocol.ts";

/** What goes into the opening request. */
export interface OpeningOffer {
  /** Host and, where it is not the scheme's own, port. */
  readonly host: string;
  /** `platform.randomKey()`; keep it for {@link checkResponse}. */
  readonly key: string;
  readonly origin?: string | undefined;
  /** Most wanted first. */
  readonly subprotocols?: readonly string[] | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  /** 13 by default; 8 sends the origin under its old name. */
  readonly version?: number | undefined;
  readonly extra?: readonly Field[] | undefined;
}

/**
 * The fields of the opening request, in order, for a `GET` of HTTP/1.1 (RFC 6455 §4.1).
 * @throws UsageError `USAGE_SUBPROTOCOL`, `USAGE_EXTENSION`, `USAGE_FIELD`
 */
export function requestFields(offer: OpeningOffer): Field[] {
  const { subprotocols = [], extensions = [], version = 13, extra = [] } = offer;
  if (!areSubprotocols(subprotocols)) throw new UsageError("USAGE_SUBPROTOCOL", { value: JSON.stringify(subprotocols) });
  const fields: Field[] = [
    ["Host", offer.host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", offer.key],
    ["Sec-WebSocket-Version", String(version)],
  ];
  if (offer.origin !== undefined) fields.push([version < 13 ? "Sec-WebSocket-Origin" : "Origin", offer.origin]);
  if (subprotocols.length > 0) fields.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
  if (extensions.length > 0) fields.push(["Sec-WebSocket-Extensions", formatExtensions(extensions)]);
  fields.push(...extra);
  return fields.map(checkField);
}

/** A server's answer, and what had been offered. */
export interface OpeningAnswer {
  readonly status: number;
  readonly fields: Fields;
  readonly key: string;
  readonly platform: Platform;
  readonly subprotocols?: readonly string[] | undefined;
  /** Names of the extensions offered. */
  readonly extensions?: readonly string[] | undefined;
  /** Names of the extensions without which the client will not go on. */
  readonly requiredExtensions?: readonly string[] | undefined;
  /** False: go on when subprotocols were offered and the server chose none. Default true, as browsers and ws do. */
  readonly requireSubprotocol?: boolean | undefined;
}

/** What {@link checkResponse} found. */
export type ResponseVerdict =
  | {
      readonly ok: true;
      /** "" for none. */
      readonly subprotocol: string;
      /** What the server accepted; check the parameters before use. */
      readonly extensions: readonly Extension[];
      /** Required but not accepted: close with 1010 and these names as the reason (RFC 6455 §7.4.1). */
      readonly missingExtensions: readonly string[];
    }
  | { readonly ok: false; readonly error: HandshakeError };

/**
 * Checks a server's answer to our opening handshake. When it is not ok, drop the connection; follow redirects and answer
 * authentication before calling (RFC 6455 §4.1).
 */
export function checkResponse(answer: OpeningAnswer): ResponseVerdict {
  const { fields, status } = answer;
  if (status !== 101) return refusal("HANDSHAKE_STATUS", status);
  // The whole value here, not a list: "contains a value that is not a match for websocket".
  if (fieldValue(fields, "upgrade")?.toLowerCase() !== "websocket") return refusal("HANDSHAKE_RESPONSE_UPGRADE", status);
  if (!hasToken(fieldValue(fields, "connection"), "upgrade")) return refusal("HANDSHAKE_RESPONSE_CONNECTION", status);
  if (fieldValue(fields, "sec-websocket-accept") !== acceptKey(answer.key, answer.platform)) return refusal("HANDSHAKE_ACCEPT", status);
  return checkChoice(answer);
}

/** Checks what a server chose of subprotocols and extensions: the same over every version of HTTP (RFC 6455 §4.1). */
export function checkChoice(answer: Omit<OpeningAnswer, "key" | "platform">): ResponseVerdict {
  const subprotocol = fieldValue(answer.fields, "sec-websocket-protocol");
  const wrong = wrongSubprotocol(answer, subprotocol);
  if (wrong !== undefined) return refusal(wrong, answer.status);
  return checkExtensions(answer, subprotocol ?? "");
}

function refusal(code: HandshakeErrorCode, status: number): ResponseVerdict {
  return { ok: false, error: new HandshakeError(code, { status, value: status }) };
}

function wrongSubprotocol(
  answer: Pick<OpeningAnswer, "subprotocols" | "requireSubprotocol">,
  chosen: string | undefined,
): HandshakeErrorCode | undefined {
  const offered = answer.subprotocols ?? [];
  if (chosen === undefined) {
    return offered.length > 0 && answer.requireSubprotocol !== false ? "HANDSHAKE_SUBPROTOCOL_MISSING" : undefined;
  }
  if (offered.length === 0) return "HANDSHAKE_SUBPROTOCOL_UNASKED";
  return offered.includes(chosen) ? undefined : "HANDSHAKE_SUBPROTOCOL_UNKNOWN";
}

function checkExtensions(answer: Omit<OpeningAnswer, "key" | "platform">, subprotocol: string): ResponseVerdict {
  const value = fieldValue(answer.fields, "sec-websocket-extensions");
  const offered = answer.extensions ?? [];
  if (value !== undefined && offered.length === 0) return refusal("HANDSHAKE_EXTENSION_UNASKED", answer.status);
  const extensions = value === undefined ? [] : parseExtensions(value);
  if (extensions === undefined) return refusal("HANDSHAKE_RESPONSE_EXTENSIONS", answer.status);
  const names = extensions.map((extension) => extension.name);
  if (!names.every((name) => offered.includes(name)) || new Set(names).size !== names.length) {
    return refusal("HANDSHAKE_RESPONSE_EXTENSIONS", answer.status);
  }
  const missingExtensions = (answer.requiredExtensions ?? []).filter((name) => !names.includes(name));
  return { ok: true, subprotocol, extensions, missingExtensions };
}
