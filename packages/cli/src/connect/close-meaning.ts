const meanings: Readonly<Record<number, string>> = {
  1000: "normal end",
  1001: "the other side goes away",
  1002: "protocol error",
  1003: "a kind of message that is not accepted",
  1005: "closed without a code",
  1006: "the line broke without a close frame",
  1007: "text that is no UTF-8",
  1008: "against the other side's rules",
  1009: "message too large",
  1010: "a required extension is missing",
  1011: "the other side failed",
  1012: "the server restarts",
  1013: "try again later",
  1014: "a gateway got no good answer",
  1015: "TLS handshake failed",
};

/** What a close code says, for people (RFC 6455 §7.4 and the registry of IANA). */
export function closeMeaning(code: number): string {
  return (
    meanings[code] ??
    (code >= 4000 && code <= 4999 ? "the application's own code" : code >= 3000 && code < 4000 ? "a registered code" : "unknown")
  );
}
