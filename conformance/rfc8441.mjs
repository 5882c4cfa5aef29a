// The rules of RFC 8441 (WebSockets over HTTP/2) in our own short words, with the tests that hold them: see rfc6455.mjs.

const rows = [];

function rule(section, level, who, text, ...tests) {
  const id = `RFC 8441 §${section}`;
  rows.push({ id: `${id}-${rows.filter((row) => row.section === id).length + 1}`, section: id, level, who, text, tests });
}

rule(
  "3",
  "MUST",
  "server",
  "announce that it takes extended CONNECT with SETTINGS_ENABLE_CONNECT_PROTOCOL = 1",
  "SETTINGS_ENABLE_CONNECT_PROTOCOL is 1 (RFC 8441 §3)",
);
rule(
  "3",
  "MUST NOT",
  "client",
  "use it before the server has said so",
  "takes no WebSockets is an error that says what it lacks (RFC 8441 §3)",
  "HTTP/2 with WebSockets is found",
);
rule("4", "MUST", "client", "send :scheme and :path with :protocol", "the example's request is what a client sends");
rule(
  "4",
  "MUST",
  "server",
  "take no request for one that lacks a pseudo-header field",
  "no :scheme (RFC 8441 §4)",
  "no :path (RFC 8441 §4)",
  "no :authority (RFC 8441 §4)",
  "is refused or reset, and the connection stays (RFC 8441 §4",
);
rule(
  "4",
  "MUST NOT",
  "server",
  "make a tunnel to the host in :authority",
  "only CONNECTs for a WebSocket are taken",
  "CONNECT for anything else: 405 without a protocol, 501",
);
rule("4", "MUST", "server", "serve only protocols that it knows", "another :protocol is 501 (RFC 8441 §4)", "another :protocol: 501");
rule(
  "5",
  "MUST",
  "both",
  "use :scheme https for wss: and http for ws:",
  "the example's request is what a client sends",
  "the scheme http, for ws:",
);
rule("5", "MUST NOT", "client", "send Connection and Upgrade fields", "CONNECT with the scheme https, no key, no Upgrade (RFC 8441 §5.1)");
rule("5", "MUST", "server", "treat Connection and Upgrade as errors", "an Upgrade field (RFC 8441 §5)", "a Connection field (RFC 8441 §5)");
rule(
  "5",
  "MUST",
  "both",
  "negotiate version, subprotocol and extensions with the fields of RFC 6455, in lower case",
  "fields in lower case, and none of HTTP/1.1's connection",
  "subprotocol, compression, headers, credentials, origin",
  "another version: 400 (RFC 8441 §5)",
);
rule(
  "5",
  "MUST",
  "both",
  "need neither Sec-WebSocket-Key nor -Accept",
  "answered with chat and no key (RFC 8441 §5.1)",
  "a key is not needed",
);
rule(
  "5",
  "MUST",
  "both",
  "go on with RFC 6455 on the stream after a 2xx, as if it were a TCP connection",
  "any 2xx opens the tunnel",
  "after 200 the stream carries frames",
);
rule(
  "5",
  "MUST",
  "both",
  "close with END_STREAM where TCP has an orderly close",
  "both ends close with END_STREAM (RFC 8441 §5)",
  "END_STREAM without a close frame is a lost connection",
);
rule(
  "5",
  "MUST",
  "both",
  "reset with RST_STREAM(CANCEL) where TCP has a reset",
  "terminate() resets the stream with CANCEL",
  "a stream reset midway is a lost connection",
  "a dropped stream is reset with CANCEL",
);
rule(
  "7",
  "SHOULD",
  "both",
  "work through an intermediary that speaks HTTP/2 on either side",
  "HAProxy passes sockets, sizes, compression and close codes",
);

export const http2Requirements = Object.freeze(rows);
