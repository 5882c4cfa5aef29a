/** The head of an HTTP request, split up. */
export interface RequestHead {
  readonly target: string;
  /** Names and values in turn, as `IncomingMessage.rawHeaders` has them. */
  readonly rawHeaders: string[];
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = /^GET ([!-~]+) HTTP\/1\.1$/;
// Neither control characters nor a fold: whatever is out of the ordinary is for `node:http` to judge.
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([!-~\\x80-\\xff](?:[\\t -~\\x80-\\xff]*[!-~\\x80-\\xff])?)?[ \\t]*$`);

/** More are left to `node:http`, which has limits of its own for that. */
const MAX_FIELDS = 100;

/** A body, or something to be done first: not for us. */
const NOT_OURS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "expect", "http2-settings"]);

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
  let hasProtocol = false;
  let hasOption = false;
  for (let i = 1; i < lines.length; i++) {
    const field = FIELD.exec(lines[i] ?? "");
    const name = field?.[1];
    if (field === null || name === undefined) return undefined;
    rawHeaders.push(name, field[2] ?? "");
    const lower = name.toLowerCase();
    if (NOT_OURS.has(lower)) return undefined;
    if (lower === "upgrade") hasProtocol = true;
    else if (lower === "connection" && UPGRADE_OPTION.test(field[2] ?? "")) hasOption = true;
  }
  return hasProtocol && hasOption ? { target, rawHeaders } : undefined;
}
