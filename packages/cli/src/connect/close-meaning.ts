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

/** The hub's own codes (docs/wire/hub-v1.md, Close codes), with what its user can do. */
const hubMeanings: Readonly<Record<number, string>> = {
  4401: "the hub does not know this version of the wire",
  4403: "the token is missing, foreign or expired: give --token, or set OPENLINE_TOKEN",
  4404: "the application's server ended the connection",
  4405: "a newer connection took the session over",
  4406: "the login was revoked",
  4502: "there was no login in time",
  4503: "this line was too slow",
  4504: "the token's time is over: come back with a new one",
  4505: "the user has as many connections as the server allows",
};

/** What a close code of a hub says, for people. */
export function hubCloseMeaning(code: number): string {
  return hubMeanings[code] ?? closeMeaning(code);
}

/** What a close code says, for people (RFC 6455 §7.4 and the registry of IANA). */
export function closeMeaning(code: number): string {
  return (
    meanings[code] ??
    (code >= 4000 && code <= 4999 ? "the application's own code" : code >= 3000 && code < 4000 ? "a registered code" : "unknown")
  );
}
