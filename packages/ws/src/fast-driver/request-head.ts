/** The head of an HTTP request, split up. */
export interface RequestHead {
  readonly target: string;
  /** Names and values in turn, as `IncomingMessage.rawHeaders` has them. */
  readonly rawHeaders: string[];
  /** What an opening handshake looks at, by lower-case name; each stands there once. */
  readonly fields: HandshakeFields;
}

// No interface: it is to be taken for a record, too.
type HandshakeFields = {
  host: string | undefined;
  origin: string | undefined;
  upgrade: string | undefined;
  connection: string | undefined;
  "sec-websocket-key": string | undefined;
  "sec-websocket-version": string | undefined;
  "sec-websocket-protocol": string | undefined;
  "sec-websocket-extensions": string | undefined;
  "sec-websocket-origin": string | undefined;
};

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = /^GET ([!-~]+) HTTP\/1\.1$/;
// Neither control characters nor a fold: whatever is out of the ordinary is for `node:http` to judge.
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([!-~\\x80-\\xff](?:[\\t -~\\x80-\\xff]*[!-~\\x80-\\xff])?)?[ \\t]*$`);

/** More are left to `node:http`, which has limits of its own for that. */
const MAX_FIELDS = 100;

/** A body, or something to be done first: not for us. */
const NOT_OURS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "expect", "http2-settings"]);

const HANDSHAKE_FIELDS: ReadonlySet<string> = new Set([
  "host",
  "origin",
  "upgrade",
  "connection",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  // Of versions before 13 (RFC 6455 §4.4).
  "sec-websocket-origin",
] satisfies (keyof HandshakeFields)[]);

/** `node:http` takes a request without it for an ordinary one, whatever `Upgrade` says. */
const UPGRADE_OPTION = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;

/**
 * Splits the head of an upgrade request, without the empty line at its end. Undefined for everything that is no plain `GET … HTTP/1.1` with an `Upgrade`
 * field and `Connection: upgrade`, or is written in a way that a strict reader may take differently: those go to `node:http`, byte for byte (RFC 9112 §3, §5).
 */
export function splitHead(text: string): RequestHead | undefined {
  const lines = text.split("\r\n");
  const target = REQUEST_LINE.exec(lines[0] ?? "")?.[1];
  if (target === undefined || lines.length > MAX_FIELDS + 1) return undefined;
  const rawHeaders: string[] = [];
  const fields: HandshakeFields = {
    host: undefined,
    origin: undefined,
    upgrade: undefined,
    connection: undefined,
    "sec-websocket-key": undefined,
    "sec-websocket-version": undefined,
    "sec-websocket-protocol": undefined,
    "sec-websocket-extensions": undefined,
    "sec-websocket-origin": undefined,
  };
  for (let i = 1; i < lines.length; i++) {
    const field = FIELD.exec(lines[i] ?? "");
    const name = field?.[1];
    if (field === null || name === undefined) return undefined;
    const value = field[2] ?? "";
    rawHeaders.push(name, value);
    const lower = name.toLowerCase();
    if (NOT_OURS.has(lower)) return undefined;
    if (!isHandshakeField(lower)) continue;
    // Twice: which one counts, or whether they are joined, differs from name to name.
    if (fields[lower] !== undefined) return undefined;
    fields[lower] = value;
  }
  return fields.upgrade !== undefined && UPGRADE_OPTION.test(fields.connection ?? "") ? { target, rawHeaders, fields } : undefined;
}

function isHandshakeField(name: string): name is keyof HandshakeFields {
  return HANDSHAKE_FIELDS.has(name);
}
