import { HandshakeError, type HandshakeErrorCode, UsageError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Profile } from "../profiles.ts";
import { PROFILES } from "../profiles.ts";
import { acceptKey, isKey } from "./accept.ts";
import { checkChoice, type OpeningAnswer, type ResponseVerdict } from "./client.ts";
import type { Extension } from "./extensions.ts";
import { formatExtensions } from "./extensions.ts";
import type { Field, Fields } from "./fields.ts";
import { fieldValue, isToken } from "./fields.ts";
import { checkField, type RequestVerdict, readOffer } from "./server.ts";
import { areSubprotocols } from "./subprotocol.ts";

/** The pseudo-header fields of a request, without their colons; undefined for those that did not come (RFC 9113 §8.3.1, RFC 8441 §4). */
export interface PseudoFields {
  readonly method?: string | undefined;
  readonly protocol?: string | undefined;
  readonly scheme?: string | undefined;
  readonly authority?: string | undefined;
  readonly path?: string | undefined;
}

/** A client's opening request over HTTP/2. */
export interface ConnectRequest {
  readonly pseudo: PseudoFields;
  /** All other fields. */
  readonly fields: Fields;
  /** Which versions to accept. Default: the `server` profile. */
  readonly profile?: Pick<Profile, "versions"> | undefined;
  /** False when the server has no extensions: the field is not read then. Default true. */
  readonly extensions?: boolean | undefined;
}

const PATH = /^\/[^\s#]*$/;
/** What belongs to one connection of HTTP/1.1, and makes an HTTP/2 message malformed (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = ["connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding"] as const;

/** Whether a request is an extended CONNECT that asks for a WebSocket: the ones for {@link checkConnect} (RFC 8441 §5). */
export function asksForWebSocket({ method, protocol }: PseudoFields): boolean {
  return method === "CONNECT" && protocol === "websocket";
}

/**
 * Checks a client's opening handshake over HTTP/2. When it is ok, choose a subprotocol and extensions, and answer 200 with {@link connectResponseFields};
 * otherwise answer `error.status` with `error.fields`. HTTP/2 needs no key, so `key` is "" (RFC 8441 §5); a good one that came all the same is passed on.
 */
export function checkConnect(request: ConnectRequest): RequestVerdict {
  const { fields, pseudo, profile = PROFILES.server } = request;
  const error = refusePseudo(pseudo) ?? refuseFields(pseudo, fields) ?? refuseVersion(fields, profile);
  if (error !== undefined) return { ok: false, error };
  const key = fieldValue(fields, "sec-websocket-key") ?? "";
  return readOffer(fields, isKey(key) ? key : "", request.extensions !== false);
}

function refusePseudo({ method, protocol, scheme, authority, path }: PseudoFields): HandshakeError | undefined {
  if (method !== "CONNECT") return new HandshakeError("HANDSHAKE_METHOD", { fields: [["Allow", "CONNECT"]] });
  if (protocol !== "websocket") return new HandshakeError("HANDSHAKE_PROTOCOL", { value: JSON.stringify(protocol ?? "") });
  // "The scheme and path MUST also be included": an ordinary CONNECT has neither.
  if (scheme !== "https" && scheme !== "http") return wrongPseudo(":scheme");
  if (path === undefined || !PATH.test(path)) return wrongPseudo(":path");
  return authority === undefined || authority === "" ? wrongPseudo(":authority") : undefined;
}

function wrongPseudo(value: string): HandshakeError {
  return new HandshakeError("HANDSHAKE_PSEUDO_FIELD", { value });
}

function refuseFields({ authority }: PseudoFields, fields: Fields): HandshakeError | undefined {
  const stray = CONNECTION_FIELDS.find((name) => fields[name] !== undefined);
  if (stray !== undefined) return new HandshakeError("HANDSHAKE_CONNECTION_FIELD", { value: stray });
  const host = fieldValue(fields, "host");
  // Two names for the server in one request: somebody before us may have looked at the other one.
  return host === undefined || host === authority ? undefined : new HandshakeError("HANDSHAKE_AUTHORITY", { value: JSON.stringify(host) });
}

function refuseVersion(fields: Fields, { versions }: Pick<Profile, "versions">): HandshakeError | undefined {
  const version = fieldValue(fields, "sec-websocket-version");
  if (version !== undefined && /^\d{1,3}$/.test(version) && versions.includes(Number(version))) return undefined;
  // Not 426, which an `Upgrade` field would have to go with: HTTP/2 has none (RFC 9113 §8.6).
  return new HandshakeError("HANDSHAKE_VERSION", { status: 400, fields: [["Sec-WebSocket-Version", versions.join(", ")]] });
}

/** What goes into the answer 200. */
export interface ConnectResponse {
  /** A key that came all the same is answered, for who waits for it: npm `undici` 7 does, though RFC 8441 §5 has done away with it. "" for none. */
  readonly key?: string | undefined;
  /** Needed for a key. */
  readonly platform?: Platform | undefined;
  readonly subprotocol?: string | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  readonly extra?: readonly Field[] | undefined;
}

/**
 * The fields of the answer 200 to an extended CONNECT; names are in lower case (RFC 8441 §5).
 * @throws UsageError `USAGE_SUBPROTOCOL`, `USAGE_EXTENSION`, `USAGE_FIELD`
 */
export function connectResponseFields({ key = "", platform, subprotocol, extensions = [], extra = [] }: ConnectResponse): Field[] {
  const fields: Field[] = [];
  if (key !== "" && platform !== undefined) fields.push(["sec-websocket-accept", acceptKey(key, platform)]);
  if (subprotocol !== undefined) {
    if (!isToken(subprotocol)) throw new UsageError("USAGE_SUBPROTOCOL", { value: JSON.stringify(subprotocol) });
    fields.push(["sec-websocket-protocol", subprotocol]);
  }
  if (extensions.length > 0) fields.push(["sec-websocket-extensions", formatExtensions(extensions)]);
  return [...fields, ...withoutConnectionFields(extra)];
}

/** The fields as HTTP/2 may carry them: names in lower case, without those of one connection (RFC 9113 §8.2). @throws UsageError `USAGE_FIELD` */
export function withoutConnectionFields(fields: readonly Field[]): Field[] {
  return fields
    .map((field) => checkField(field))
    .map(([name, value]): Field => [name.toLowerCase(), value])
    .filter(([name]) => !CONNECTION_FIELDS.some((stray) => stray === name));
}

/** What goes into the opening request. */
export interface ConnectOffer {
  readonly isSecure: boolean;
  /** Host and, where it is not the scheme's own, port. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  readonly origin?: string | undefined;
  /** Most wanted first. */
  readonly subprotocols?: readonly string[] | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  readonly extra?: readonly Field[] | undefined;
}

/**
 * The fields of an opening request over HTTP/2, pseudo-header fields first with their colons (RFC 8441 §5).
 * @throws UsageError `USAGE_SUBPROTOCOL`, `USAGE_EXTENSION`, `USAGE_FIELD`
 */
export function connectRequestFields(offer: ConnectOffer): Field[] {
  const { subprotocols = [], extensions = [], extra = [], origin } = offer;
  if (!areSubprotocols(subprotocols)) throw new UsageError("USAGE_SUBPROTOCOL", { value: JSON.stringify(subprotocols) });
  const fields: Field[] = [["sec-websocket-version", "13"]];
  if (origin !== undefined) fields.push(["origin", origin]);
  if (subprotocols.length > 0) fields.push(["sec-websocket-protocol", subprotocols.join(", ")]);
  if (extensions.length > 0) fields.push(["sec-websocket-extensions", formatExtensions(extensions)]);
  return [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", offer.isSecure ? "https" : "http"],
    [":path", offer.path],
    [":authority", offer.authority],
    // The host stands in :authority.
    ...withoutConnectionFields([...fields, ...extra]).filter(([name]) => name !== "host"),
  ];
}

/** Checks a server's answer to our extended CONNECT: any 2xx opens the tunnel (RFC 8441 §5, RFC 9110 §9.3.6). When it is not ok, reset the stream. */
export function checkConnectResponse(answer: Omit<OpeningAnswer, "key" | "platform">): ResponseVerdict {
  const { status } = answer;
  if (status < 200 || status > 299) return refusal("HANDSHAKE_STATUS", status);
  return checkChoice(answer);
}

function refusal(code: HandshakeErrorCode, status: number): ResponseVerdict {
  return { ok: false, error: new HandshakeError(code, { status, value: status }) };
}
