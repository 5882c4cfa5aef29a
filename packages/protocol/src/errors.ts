/** One row of the error table. `{value}` and `{limit}` in the text are replaced when the error is made. */
export interface ErrorEntry {
  /** The close code that the peer is told, where the error closes a connection that stands. */
  readonly closeCode?: number;
  /** The HTTP status a server answers, where the error refuses an opening handshake. */
  readonly status?: number;
  /** Where the rule stands. */
  readonly section: string;
  readonly text: string;
}

/** Faults of the peer after the opening handshake: the connection fails with `closeCode`. `WS_ERR_*` names and texts are those of npm `ws` 8 where it has one. */
export const PROTOCOL_ERRORS = {
  WS_ERR_EXPECTED_FIN: { closeCode: 1002, section: "RFC 6455 §5.5", text: "Invalid WebSocket frame: FIN must be set" },
  WS_ERR_EXPECTED_MASK: { closeCode: 1002, section: "RFC 6455 §5.1", text: "Invalid WebSocket frame: MASK must be set" },
  WS_ERR_UNEXPECTED_MASK: { closeCode: 1002, section: "RFC 6455 §5.1", text: "Invalid WebSocket frame: MASK must be clear" },
  WS_ERR_UNEXPECTED_RSV_1: { closeCode: 1002, section: "RFC 6455 §5.2", text: "Invalid WebSocket frame: RSV1 must be clear" },
  WS_ERR_UNEXPECTED_RSV_2_3: { closeCode: 1002, section: "RFC 6455 §5.2", text: "Invalid WebSocket frame: RSV2 and RSV3 must be clear" },
  WS_ERR_INVALID_OPCODE: { closeCode: 1002, section: "RFC 6455 §5.2, §5.4", text: "Invalid WebSocket frame: invalid opcode {value}" },
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: {
    closeCode: 1002,
    section: "RFC 6455 §5.5",
    text: "Invalid WebSocket frame: invalid payload length {value}",
  },
  WS_ERR_INVALID_CLOSE_CODE: { closeCode: 1002, section: "RFC 6455 §7.4", text: "Invalid WebSocket frame: invalid status code {value}" },
  WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH: {
    closeCode: 1002,
    section: "RFC 6455 §5.2",
    text: "Invalid WebSocket frame: payload length {value} is not in its shortest form",
  },
  WS_ERR_INVALID_PAYLOAD_LENGTH: {
    closeCode: 1002,
    section: "RFC 6455 §5.2",
    text: "Invalid WebSocket frame: the most significant bit of a 64-bit payload length must be clear",
  },
  WS_ERR_INVALID_UTF8: { closeCode: 1007, section: "RFC 6455 §8.1", text: "Invalid WebSocket frame: invalid UTF-8 sequence" },
  WS_ERR_INVALID_COMPRESSED_DATA: { closeCode: 1007, section: "RFC 7692 §7.2.2", text: "Invalid compressed message: {value}" },
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: {
    closeCode: 1009,
    section: "RFC 6455 §10.4",
    text: "Unsupported WebSocket frame: payload length > 2^53 - 1",
  },
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: { closeCode: 1009, section: "RFC 6455 §10.4", text: "Max payload size exceeded" },
  WS_ERR_TOO_MANY_BUFFERED_PARTS: { closeCode: 1008, section: "RFC 6455 §10.4", text: "Too many message fragments" },
} as const;

/** Refused opening handshakes. `status` is what a server answers; rows without one are found by a client in the response. */
export const HANDSHAKE_ERRORS = {
  HANDSHAKE_METHOD: { status: 405, section: "RFC 6455 §4.1", text: "Invalid HTTP method" },
  HANDSHAKE_HTTP_VERSION: { status: 400, section: "RFC 6455 §4.1", text: "Invalid HTTP version {value}: 1.1 or higher is needed" },
  HANDSHAKE_HOST: { status: 400, section: "RFC 6455 §4.2.1", text: "Missing Host header" },
  HANDSHAKE_TARGET: { status: 400, section: "RFC 6455 §4.2.1", text: "Invalid request target" },
  HANDSHAKE_UPGRADE: { status: 400, section: "RFC 6455 §4.2.1", text: "Invalid Upgrade header" },
  HANDSHAKE_CONNECTION: { status: 400, section: "RFC 6455 §4.2.1", text: "Invalid Connection header" },
  HANDSHAKE_KEY: { status: 400, section: "RFC 6455 §4.2.1", text: "Missing or invalid Sec-WebSocket-Key header" },
  HANDSHAKE_VERSION: { status: 426, section: "RFC 6455 §4.4", text: "Missing or invalid Sec-WebSocket-Version header" },
  HANDSHAKE_SUBPROTOCOLS: { status: 400, section: "RFC 6455 §4.1", text: "Invalid Sec-WebSocket-Protocol header" },
  HANDSHAKE_EXTENSIONS: { status: 400, section: "RFC 6455 §9.1", text: "Invalid or unacceptable Sec-WebSocket-Extensions header" },
  HANDSHAKE_STATUS: { section: "RFC 6455 §4.1", text: "Unexpected server response: {value}" },
  HANDSHAKE_RESPONSE_UPGRADE: { section: "RFC 6455 §4.1", text: "Invalid Upgrade header" },
  HANDSHAKE_RESPONSE_CONNECTION: { section: "RFC 6455 §4.1", text: "Invalid Connection header" },
  HANDSHAKE_ACCEPT: { section: "RFC 6455 §4.1", text: "Invalid Sec-WebSocket-Accept header" },
  HANDSHAKE_SUBPROTOCOL_UNASKED: { section: "RFC 6455 §4.1", text: "Server sent a subprotocol but none was requested" },
  HANDSHAKE_SUBPROTOCOL_UNKNOWN: { section: "RFC 6455 §4.1", text: "Server sent an invalid subprotocol" },
  HANDSHAKE_SUBPROTOCOL_MISSING: { section: "RFC 6455 §4.1", text: "Server sent no subprotocol" },
  HANDSHAKE_RESPONSE_EXTENSIONS: { section: "RFC 6455 §9.1", text: "Invalid Sec-WebSocket-Extensions header" },
  HANDSHAKE_EXTENSION_UNASKED: {
    section: "RFC 6455 §4.1",
    text: "Server sent a Sec-WebSocket-Extensions header but no extension was requested",
  },
  HANDSHAKE_PROTOCOL: {
    status: 501,
    section: "RFC 8441 §4, RFC 9220 §3",
    text: "The protocol {value} is not served here, only websocket is",
  },
  HANDSHAKE_PSEUDO_FIELD: { status: 400, section: "RFC 8441 §4", text: "Missing or invalid pseudo-header field {value}" },
  HANDSHAKE_AUTHORITY: { status: 400, section: "RFC 9113 §8.3.1", text: "The Host header {value} is not what :authority says" },
  HANDSHAKE_CONNECTION_FIELD: { status: 400, section: "RFC 8441 §5", text: "The header {value} has no place in HTTP/2" },
  HANDSHAKE_NO_HTTP2: { section: "RFC 9113 §3.2", text: "The server does not speak HTTP/2: {value}" },
  HANDSHAKE_NO_CONNECT_PROTOCOL: {
    section: "RFC 8441 §3",
    text: "The server speaks HTTP/2 but takes no WebSockets over it: its SETTINGS do not have ENABLE_CONNECT_PROTOCOL = 1",
  },
} as const;

/** Faults of the caller: thrown at the caller, the connection is not touched. */
export const USAGE_ERRORS = {
  USAGE_OPTION: { section: "docs/protocol.md", text: "Option {value}" },
  USAGE_CLOSE_CODE: {
    section: "RFC 6455 §7.4",
    text: "Close code {value} may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999",
  },
  USAGE_CLOSE_REASON: { section: "RFC 6455 §5.5", text: "The close reason takes {value} bytes of UTF-8, {limit} are allowed" },
  USAGE_CLOSE_REASON_WITHOUT_CODE: { section: "RFC 6455 §5.5.1", text: "A close reason needs a close code before it" },
  USAGE_CONTROL_PAYLOAD: { section: "RFC 6455 §5.5", text: "The data of a control frame takes {value} bytes, {limit} are allowed" },
  USAGE_MESSAGE_OPEN: { section: "RFC 6455 §5.4", text: "A streamed message is still open: end it before the next one begins" },
  USAGE_NO_MESSAGE: { section: "RFC 6455 §5.4", text: "No streamed message is open: begin one first" },
  USAGE_NOT_WAITING: { section: "RFC 7692 §6", text: "The machine is not waiting for {value}" },
  USAGE_WRITTEN: { section: "docs/protocol.md", text: "{value} bytes were reported as written, only {limit} were taken" },
  USAGE_FIELD: { section: "RFC 9110 §5.5", text: "Invalid character in header field {value}" },
  USAGE_SUBPROTOCOL: { section: "RFC 6455 §4.1", text: "An invalid or duplicated subprotocol was specified: {value}" },
  USAGE_EXTENSION: { section: "RFC 6455 §9.1", text: "Extension {value} does not fit the grammar" },
} as const;

/** Why a connection ended that nobody had closed. */
export const CLOSED_ERRORS = {
  CLOSED_HEARTBEAT: { section: "RFC 6455 §5.5.2", text: "Nothing was heard from the peer within {value} ms of a heartbeat ping" },
  CLOSED_IDLE: { closeCode: 1001, section: "docs/protocol.md", text: "No message went either way for {value} ms" },
  CLOSED_TIMEOUT: { section: "RFC 6455 §7.1.1", text: "The closing handshake was not finished within {value} ms" },
  CLOSED_TRANSPORT: { section: "RFC 6455 §7.1.5", text: "The transport was lost: {value}" },
  CLOSED_SEND: { section: "RFC 6455 §7.1.1", text: "The connection is closed or closing" },
} as const;

/** Every error code of the protocol, the four tables as one. `docs/errors.md` is generated from it. */
export const ERROR_TABLE: Readonly<Record<string, ErrorEntry>> = Object.freeze({
  ...PROTOCOL_ERRORS,
  ...HANDSHAKE_ERRORS,
  ...USAGE_ERRORS,
  ...CLOSED_ERRORS,
});

export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS;
export type HandshakeErrorCode = keyof typeof HANDSHAKE_ERRORS;
export type UsageErrorCode = keyof typeof USAGE_ERRORS;
export type ClosedErrorCode = keyof typeof CLOSED_ERRORS;

/** The values that a text of the table may name. */
export interface ErrorValues {
  readonly value?: string | number;
  readonly limit?: string | number;
}

function fill(entry: ErrorEntry, values: ErrorValues): string {
  return entry.text.replace(/\{(value|limit)\}/g, (_, name: "value" | "limit") => String(values[name] ?? ""));
}

/** The peer broke the protocol. Reported by `Event.Error`; the close frame with `closeCode` is already queued. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  /** What the peer is told (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  readonly section: string;

  constructor(code: ProtocolErrorCode, values: ErrorValues = {}) {
    const entry = PROTOCOL_ERRORS[code];
    super(fill(entry, values));
    this.code = code;
    this.closeCode = entry.closeCode;
    this.section = entry.section;
  }
}

/** An opening handshake was refused. A server answers `status` with `fields`; a client gives the connection up. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly code: HandshakeErrorCode;
  /** The status to answer (server), or the one that came (client). */
  readonly status: number;
  /** Fields that belong into the answer, for example `Sec-WebSocket-Version`. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly section: string;

  constructor(
    code: HandshakeErrorCode,
    options: ErrorValues & { readonly status?: number; readonly fields?: readonly (readonly [string, string])[] } = {},
  ) {
    const entry: ErrorEntry = HANDSHAKE_ERRORS[code];
    super(fill(entry, options));
    this.code = code;
    this.status = options.status ?? entry.status ?? 0;
    this.fields = options.fields ?? [];
    this.section = entry.section;
  }
}

/** The caller asked for something that the protocol forbids. Thrown; nothing was sent. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: UsageErrorCode;
  readonly section: string;

  constructor(code: UsageErrorCode, values: ErrorValues = {}) {
    const entry = USAGE_ERRORS[code];
    super(fill(entry, values));
    this.code = code;
    this.section = entry.section;
  }
}

/** The connection ended, or is ending, without the caller's wish. Reported by `Event.Timeout`; endpoints use it for promises too. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  readonly code: ClosedErrorCode;
  readonly section: string;

  constructor(code: ClosedErrorCode, values: ErrorValues = {}) {
    const entry: ErrorEntry = CLOSED_ERRORS[code];
    super(fill(entry, values));
    this.code = code;
    this.section = entry.section;
  }
}
