import type { HandshakeErrorCode } from "../errors.ts";
import { HandshakeError, UsageError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Profile } from "../profiles.ts";
import { PROFILES } from "../profiles.ts";
import { acceptKey, isKey } from "./accept.ts";
import type { Extension } from "./extensions.ts";
import { formatExtensions, parseExtensions } from "./extensions.ts";
import type { Field, Fields } from "./fields.ts";
import { fieldValue, hasToken, isFieldValue, isToken } from "./fields.ts";
import { parseSubprotocols } from "./subprotocol.ts";

/** A client's opening request. */
export interface OpeningRequest {
  readonly method: string | undefined;
  /** `"1.1"`, as `node:http` gives it. */
  readonly httpVersion: string;
  readonly target: string | undefined;
  readonly fields: Fields;
  /** Which statuses and versions to use. Default: the `server` profile. */
  readonly profile?: Pick<Profile, "versions" | "versionStatus" | "upgradeStatus"> | undefined;
  /** False when the server has no extensions: the field is not read then. Default true. */
  readonly extensions?: boolean | undefined;
}

/** What {@link checkRequest} found. */
export type RequestVerdict =
  | {
      readonly ok: true;
      /** "" over HTTP/2, which has none (RFC 8441 §5). */
      readonly key: string;
      readonly version: number;
      /** Most wanted first. */
      readonly subprotocols: readonly string[];
      /** Most wanted first; the same name may come again with other parameters. */
      readonly extensions: readonly Extension[];
      readonly origin: string | undefined;
    }
  | { readonly ok: false; readonly error: HandshakeError };

const HTTP_VERSION = /^(\d+)\.(\d+)$/;
const TARGET = /^(?:\/|https?:\/\/)[^\s#]*$/i;

/**
 * Checks a client's opening handshake. When it is ok, choose a subprotocol and extensions, and answer with {@link responseFields};
 * otherwise answer `error.status` with `error.fields` (RFC 6455 §4.2.1, §4.2.2).
 */
export function checkRequest(request: OpeningRequest): RequestVerdict {
  const { fields } = request;
  const profile = request.profile ?? PROFILES.server;
  const refused = refuseHttp(request) ?? refuseUpgrade(fields, profile) ?? refuseVersion(fields, profile);
  if (refused !== undefined) return { ok: false, error: refused };

  return readOffer(fields, fieldValue(fields, "sec-websocket-key") ?? "", request.extensions !== false);
}

/** Reads what a client offers, the same over every version of HTTP. `key` is passed on; the version has been checked (RFC 6455 §4.2.1). */
export function readOffer(fields: Fields, key: string, withExtensions: boolean): RequestVerdict {
  const subprotocols = listField(fields, "sec-websocket-protocol", parseSubprotocols);
  if (subprotocols === undefined) return refusal("HANDSHAKE_SUBPROTOCOLS");
  const extensions = withExtensions ? listField(fields, "sec-websocket-extensions", parseExtensions) : [];
  if (extensions === undefined) return refusal("HANDSHAKE_EXTENSIONS");

  const version = Number(fieldValue(fields, "sec-websocket-version"));
  return {
    ok: true,
    key,
    version,
    subprotocols,
    extensions,
    // Version 8 had its own name for the field (draft-ietf-hybi-thewebsocketprotocol-10 §5.2.1).
    origin: fieldValue(fields, version < 13 ? "sec-websocket-origin" : "origin"),
  };
}

function refusal(code: HandshakeErrorCode): RequestVerdict {
  return { ok: false, error: new HandshakeError(code) };
}

function refuseHttp(request: OpeningRequest): HandshakeError | undefined {
  if (request.method !== "GET") return new HandshakeError("HANDSHAKE_METHOD", { fields: [["Allow", "GET"]] });
  const [, major, minor] = HTTP_VERSION.exec(request.httpVersion) ?? [];
  if (major === undefined || Number(major) * 10 + Number(minor) < 11) {
    return new HandshakeError("HANDSHAKE_HTTP_VERSION", { value: request.httpVersion });
  }
  if (!TARGET.test(request.target ?? "")) return new HandshakeError("HANDSHAKE_TARGET");
  // An empty Host is a Host (RFC 9112 §3.2).
  if (fieldValue(request.fields, "host") === undefined) return new HandshakeError("HANDSHAKE_HOST");
  return undefined;
}

function refuseUpgrade(fields: Fields, profile: Pick<Profile, "upgradeStatus">): HandshakeError | undefined {
  if (!hasToken(fieldValue(fields, "upgrade"), "websocket")) {
    const status = profile.upgradeStatus;
    // RFC 9110 §15.5.22: a 426 names the protocol that is wanted.
    return new HandshakeError("HANDSHAKE_UPGRADE", { status, fields: status === 426 ? [["Upgrade", "websocket"]] : [] });
  }
  if (!hasToken(fieldValue(fields, "connection"), "upgrade")) return new HandshakeError("HANDSHAKE_CONNECTION");
  return undefined;
}

function refuseVersion(fields: Fields, profile: Pick<Profile, "versions" | "versionStatus">): HandshakeError | undefined {
  // The key is asked for first, as ws does, unless the version is one whose rules for it we do not know.
  const version = fieldValue(fields, "sec-websocket-version");
  const known = version !== undefined && /^\d{1,3}$/.test(version) && profile.versions.includes(Number(version));
  if (known || version === undefined) {
    if (!isKey(fieldValue(fields, "sec-websocket-key") ?? "")) return new HandshakeError("HANDSHAKE_KEY");
  }
  if (known) return undefined;
  return new HandshakeError("HANDSHAKE_VERSION", {
    status: profile.versionStatus,
    fields: [["Sec-WebSocket-Version", profile.versions.join(", ")]],
  });
}

function listField<T>(fields: Fields, name: string, parse: (value: string) => T[] | undefined): T[] | undefined {
  const value = fieldValue(fields, name);
  return value === undefined ? [] : parse(value);
}

/** What goes into the answer 101. */
export interface OpeningResponse {
  readonly key: string;
  readonly platform: Platform;
  readonly subprotocol?: string | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  readonly extra?: readonly Field[] | undefined;
}

/**
 * The fields of the answer 101 Switching Protocols, in order (RFC 6455 §4.2.2). Give them to {@link renderHead}.
 * @throws UsageError `USAGE_SUBPROTOCOL`, `USAGE_EXTENSION`, `USAGE_FIELD`
 */
export function responseFields(response: OpeningResponse): Field[] {
  const fields: Field[] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(response.key, response.platform)],
  ];
  const { subprotocol, extensions = [], extra = [] } = response;
  if (subprotocol !== undefined) {
    if (!isToken(subprotocol)) throw new UsageError("USAGE_SUBPROTOCOL", { value: JSON.stringify(subprotocol) });
    fields.push(["Sec-WebSocket-Protocol", subprotocol]);
  }
  if (extensions.length > 0) fields.push(["Sec-WebSocket-Extensions", formatExtensions(extensions)]);
  for (const field of extra) fields.push(checkField(field));
  return fields;
}

/** Answers the field itself. @throws UsageError `USAGE_FIELD` when name or value would break the head apart */
export function checkField(field: Field): Field {
  if (!isToken(field[0]) || !isFieldValue(field[1])) throw new UsageError("USAGE_FIELD", { value: JSON.stringify(field[0]) });
  return field;
}

/** A response's head as text, to be written as Latin-1, with the empty line at its end. `renderHead(101, "Switching Protocols", fields)`. */
export function renderHead(status: number, phrase: string, fields: readonly Field[]): string {
  let head = `HTTP/1.1 ${status} ${phrase}\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}
