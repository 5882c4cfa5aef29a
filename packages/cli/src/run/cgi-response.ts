/** The head of what a CGI program answers (RFC 3875 §6). */
export interface CgiHead {
  readonly status: number;
  /** Empty: the status's own words. */
  readonly phrase: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Where the head ends and the body begins, or undefined while it is not complete. */
export function headEnd(bytes: Buffer): { readonly end: number; readonly body: number } | undefined {
  const ends = [
    ["\r\n\r\n", 4],
    ["\n\n", 2],
  ] as const;
  const found = ends.map(([text, length]) => ({ end: bytes.indexOf(text), length })).filter(({ end }) => end >= 0);
  const [first] = found.toSorted((one, other) => one.end - other.end);
  return first === undefined ? undefined : { end: first.end, body: first.end + first.length };
}

/** Of one connection only, or ours to say (RFC 9110 §7.6.1). */
const notPassedOn = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "status"]);

/**
 * Reads the head of a CGI answer: `Status` is the status, `Location` without one is 302, an answer needs one of the two or a content type. Undefined when it
 * is none.
 */
export function readCgiHead(text: string): CgiHead | undefined {
  const fields: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    fields.push([name, value]);
  }
  const valueOf = (wanted: string): string | undefined => fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const given = valueOf("status");
  const [, digits, phrase = ""] = /^([2-5]\d\d)(?:\s+(.*))?$/.exec(given ?? "") ?? [];
  if (given !== undefined && digits === undefined) return undefined;
  const hasLocation = valueOf("location") !== undefined;
  if (digits === undefined && !hasLocation && valueOf("content-type") === undefined) return undefined;
  const passed = fields.filter(([name]) => !notPassedOn.has(name.toLowerCase()));
  return { status: digits === undefined ? (hasLocation ? 302 : 200) : Number(digits), phrase, fields: passed };
}
