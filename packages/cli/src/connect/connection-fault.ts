const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "the host is not known",
  EAI_AGAIN: "the host could not be looked up: is there a network?",
  ECONNRESET: "the server cut the line",
  ETIMEDOUT: "the server does not answer",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  EACCES: "not allowed",
  ENOENT: "there is no such socket",
  EPROTO: "the server speaks no TLS there: ws instead of wss?",
  ERR_SSL_WRONG_VERSION_NUMBER: "the server speaks no TLS there: ws instead of wss?",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server speaks no TLS there: ws instead of wss?",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is signed by itself: --ca FILE trusts it, --insecure does not look",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate's authority is not known: --ca FILE trusts it, --insecure does not look",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate's authority is not known: --ca FILE trusts it, --insecure does not look",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate's authority is not known: --ca FILE trusts it, --insecure does not look",
  CERT_HAS_EXPIRED: "the certificate has expired: --insecure does not look",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name: --servername NAME asks for it",
  HPE_INVALID_CONSTANT: "the server speaks no HTTP there: wss instead of ws?",
};

/** An address for people: without user and password (R13). */
export const shownUrl = (url: string): string => url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, "$1");

/** The bounds that `openline connect` was given, or has. */
export interface LineBounds {
  readonly handshakeTimeout?: number | undefined;
  readonly maxPayload?: number | undefined;
}

/** Why there is no connection, or none any more, in words that say what to do, and with the system's own. A bound that was reached is named. */
export function connectionFault(error: Error, { handshakeTimeout, maxPayload }: LineBounds = {}): string {
  if (handshakeTimeout !== undefined && error.message.includes("handshake has timed out"))
    return `the server did not answer the handshake within ${handshakeTimeout} ms: --timeout waits longer`;
  if (maxPayload !== undefined && error.message.includes("Max payload size exceeded"))
    return `a message was larger than ${maxPayload} bytes: --max-message-bytes takes larger ones`;
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = "code" in inner ? String(inner.code) : "";
  const text = texts[code];
  return text === undefined ? inner.message : `${text} (${inner.message})`;
}
