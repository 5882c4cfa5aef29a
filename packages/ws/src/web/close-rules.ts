const MAX_REASON_BYTES = 123;

/**
 * Whether scripts may close with that code and reason (WebSockets Standard §3.1, "validate close code and reason").
 * @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000 to 4999, `SyntaxError` for a reason over 123 bytes of UTF-8
 */
export function checkClose(code: number | undefined, reason: string): void {
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`The close code must be 1000 or from 3000 to 4999: ${code}`, "InvalidAccessError");
  }
  const bytes = Buffer.byteLength(reason);
  if (bytes > MAX_REASON_BYTES)
    throw new DOMException(`The reason must not be longer than ${MAX_REASON_BYTES} bytes: ${bytes}`, "SyntaxError");
}
