/** Limits on the header of an upgrade request. `Infinity` for none. */
export interface HeaderLimits {
  readonly maxHeaderFields: number;
  readonly maxHeaderBytes: number;
}

/**
 * What is too much in a request's header fields, in words, or undefined. `rawHeaders`: names and values in turn. The bytes are those of names and values
 * with the colon, space and line break of each.
 */
export function headerExcess(rawHeaders: readonly string[], limits: HeaderLimits): string | undefined {
  const fields = rawHeaders.length / 2;
  if (fields > limits.maxHeaderFields) return `${fields} header fields, ${limits.maxHeaderFields} are allowed`;
  if (limits.maxHeaderBytes === Number.POSITIVE_INFINITY) return undefined;
  let bytes = 0;
  // Header fields come as Latin-1: one character is one byte.
  for (const text of rawHeaders) bytes += text.length + 2;
  return bytes > limits.maxHeaderBytes ? `${bytes} bytes of header fields, ${limits.maxHeaderBytes} are allowed` : undefined;
}
