// Every MUST and SHOULD of RFC 6455, sections 4 to 8, in our own short words, with the tests that hold it.
// `scripts/conformance-page.mjs` makes docs/conformance.md of it and finds the tests: each entry of `tests` is a part of a test's name.

/**
 * @typedef {object} Requirement
 * @property {string} id section and number
 * @property {string} section
 * @property {"MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT"} level lower-case "must" and algorithms in the imperative count as MUST
 * @property {"client" | "server" | "both"} who
 * @property {string} text
 * @property {readonly string[]} tests
 * @property {string} [departs] why it is not held here, or cannot be held by a library
 */

const rows = [];
let section = "";
let count = 0;

function inSection(name) {
  section = name;
  count = 0;
}

function rule(level, who, text, ...tests) {
  count += 1;
  rows.push({ id: `${section}-${count}`, section, level, who, text, tests });
}

function departs(level, who, text, reason) {
  count += 1;
  rows.push({ id: `${section}-${count}`, section, level, who, text, tests: [], departs: reason });
}

const must = (...rest) => rule("MUST", ...rest);
const mustNot = (...rest) => rule("MUST NOT", ...rest);
const should = (...rest) => rule("SHOULD", ...rest);
const shouldNot = (...rest) => rule("SHOULD NOT", ...rest);

const request = "the client's request has every field that the RFC wants";
const noIntermediary = "For intermediaries. Openline is an endpoint; it passes no frames on.";

inSection("4.1");
must("client", "open a connection, send an opening handshake and read the server's", request);
must("client", "fail the connection when a part of the URI is invalid", "is refused with a SyntaxError that says why (RFC 6455 §3)");
must(
  "client",
  "have no more than one connection to an address in the CONNECTING state (`@openline/ws/web`; the class that replaces `ws` connects as often as its program says)",
  "there is one pending connection to an address, under whatever name",
  "the next connection begins when the first is established",
  "a second connection to an address and port waits",
);
should(
  "client",
  "limit the number of pending connections where the address is not known (`@openline/ws/web`)",
  "through a proxy, where addresses are not known, each name is a host of its own and at most eight are pending",
);
should("client", "ask a configured proxy to open the TCP connection", "a proxy's agent opens the connection with CONNECT");
should("client", "open a direct TCP connection when no proxy is configured", request);
departs(
  "MUST",
  "client",
  "build the URI for a proxy's autoconfiguration script from the parts of the WebSocket URI",
  "There is no autoconfiguration here: the agent chooses the proxy.",
);
must("client", "fail when the connection cannot be opened", "a refused TCP connection is an error with its code");
must(
  "client",
  "for wss, perform the TLS handshake before the opening handshake",
  "a wss client does TLS first, names the server, and sends everything through it",
);
must("client", "fail when the TLS handshake fails", "a certificate that cannot be verified fails the connection before any request");
must(
  "client",
  "run all further communication through the tunnel",
  "a wss client does TLS first, names the server, and sends everything through it",
);
must(
  "client",
  "name the server in the TLS handshake (SNI)",
  "a wss client does TLS first, names the server, and sends everything through it",
);
must(
  "client",
  "send an opening handshake that is a valid HTTP request",
  request,
  "our client's request passes our server, and its answer our client",
);
must("client", "use GET and HTTP/1.1 or higher", request);
must("client", "ask for the URI's resource name", request);
must("client", "send Host, with the port where it is not the default", request);
must("client", "send Upgrade with the keyword websocket", request);
must("client", "send Connection with the token Upgrade", request);
must("client", "send Sec-WebSocket-Key, 16 random bytes in base64", request, "a handshake key is the base64 of 16 bytes, fresh each time");
must("client", "choose the nonce at random for each connection", "every connection has a nonce of its own");
must(
  "client",
  "send Origin when it is a browser (`@openline/ws/web` with a base; other clients send what their option `origin` says)",
  "the settings of the environment hold for wss, and its base gives addresses and Origin",
);
must("client", "send Sec-WebSocket-Version with 13", request);
must(
  "client",
  "offer subprotocols as unique, non-empty tokens",
  "what does not fit a request is the caller's fault",
  "the client offers its subprotocols in order",
);
must("client", "wait for the answer before it sends anything further", "a client sends nothing before the server's answer");
must(
  "client",
  "fail when Upgrade is missing or is not websocket, in any letter case",
  "an answer without Upgrade fails",
  "an answer that upgrades to something else fails",
  "Upgrade and Connection of the answer are compared without case",
);
must(
  "client",
  "fail when Connection lacks the token Upgrade, in any letter case",
  "an answer without Connection fails",
  "an answer whose Connection lacks the token Upgrade fails",
);
must(
  "client",
  "fail when Sec-WebSocket-Accept is missing or wrong, white space around it aside",
  "an answer without the accept value fails",
  "an answer with a wrong accept value fails",
  "white space around the accept value is ignored",
);
must(
  "client",
  "fail when the answer has an extension that was not asked for",
  "an extension that was not asked for fails",
  "an extension other than the one asked for fails",
);
must(
  "client",
  "fail when the answer has a subprotocol that was not asked for",
  "a subprotocol that was not asked for fails",
  "a subprotocol other than those asked for fails",
);
must(
  "client",
  "fail when the answer does not conform otherwise",
  "a status other than 101 fails the handshake",
  "an answer that is not HTTP fails",
  "an answer 404 fails the handshake",
);

inSection("4.2.1");
must(
  "server",
  "refuse a handshake that breaks the rules or the grammar with an HTTP error",
  "a request that is not HTTP is refused with 400",
  "a Sec-WebSocket-Protocol with a separator is refused",
  "a Sec-WebSocket-Extensions that breaks the grammar is refused",
);
must("server", "refuse what is not a GET of HTTP/1.1 or higher", "a POST request is refused with 405", "a request of HTTP/1.0 is refused");
must("server", "refuse a request without Host", "a request without Host is refused with 400");
must(
  "server",
  "refuse a request whose Upgrade is not websocket, in any letter case",
  "a request without Upgrade is refused",
  "a request for another protocol is refused",
  "names and tokens are compared without case",
);
must(
  "server",
  "refuse a request whose Connection lacks the token Upgrade, in any letter case",
  "a request without Connection is refused",
  "a request whose Connection lacks the token Upgrade is refused",
  "Upgrade among other Connection tokens counts",
);
must(
  "server",
  "refuse a key that is not the base64 of 16 bytes",
  "a request without Sec-WebSocket-Key is refused",
  "a request with a key of 15 bytes is refused",
  "a request with a key of 17 bytes is refused",
  "a request with a key that is not base64 is refused",
);
must("server", "refuse a version other than 13", "a request for version 25 is refused", "a request without a version is refused");
shouldNot("server", "take a request without Origin for a browser's", "a request without Origin is not taken for a page's");

inSection("4.2.2");
must(
  "server",
  "on an HTTPS port, run all further communication through TLS",
  "wss: over a https server, with the certificate checked",
  "a wss client does TLS first, names the server, and sends everything through it",
);
must(
  "server",
  "answer an origin that it does not accept with an HTTP error such as 403, and stop",
  "a page of an origin that is not allowed is answered 403",
);
must(
  "server",
  "answer a version that it does not understand with an error and the versions that it does",
  "a request for version 25 is refused, and the answer names the versions",
);
must(
  "server",
  "answer a request for a service that is not there with an HTTP error, and stop",
  "a request for another path than the server's is answered with an error",
);
must(
  "server",
  "choose the subprotocol among those that the client asked for",
  "the server chooses one of the subprotocols asked for",
  "A: chat, superchat is answered with chat",
);
mustNot(
  "server",
  "send Sec-WebSocket-Protocol when it agrees to none",
  "a server that agrees to none of the subprotocols sends no field",
  "a server sends no subprotocol that was not asked for",
);
must("server", "choose extensions among those that the client asked for", "is accepted as RFC 7692 §7.1 allows");
mustNot(
  "server",
  "list an extension that the client did not list",
  "an extension that the server does not know is left out",
  "a good request is answered with 101",
);
must("server", "accept with a valid HTTP answer of status 101, Upgrade and Connection", "a good request is answered with 101");
must(
  "server",
  "send Sec-WebSocket-Accept, the SHA-1 of key and GUID in base64",
  "A: the RFC's sample nonce has the RFC's accept value",
  "a good request is answered with 101",
);

inSection("4.3");
must(
  "both",
  "take a quoted parameter value only when it is a token once it is unquoted",
  "breaks the grammar (RFC 6455 §9.1)",
  'the offer "permessage-deflate; server_max_window_bits="10"" is accepted',
);

inSection("4.4");
must(
  "server",
  "name all the versions that it can speak when it refuses one",
  "a request for version 25 is refused, and the answer names the versions",
  "a version that is not a number is refused, and the answer names the versions",
);

inSection("5.1");
must("client", "mask every frame that it sends", "every frame of a client is masked with a key of its own");
must(
  "server",
  "close the connection when a frame is not masked",
  "an unmasked text frame from a client fails with 1002",
  "an unmasked ping from a client fails with 1002",
  "an unmasked close frame from a client fails with 1002",
);
mustNot("server", "mask a frame", "no frame of a server is masked");
must(
  "client",
  "close the connection when a frame is masked",
  "a masked text frame from a server fails with 1002",
  "a masked ping from a server fails with 1002",
);

inSection("5.2");
mustNot(
  "both",
  "set a reserved bit unless an extension defines it",
  "a text message of 126 bytes is echoed exactly",
  "below the threshold nothing is compressed",
);
must(
  "both",
  "fail the connection when a reserved bit is set that no extension defines",
  "a text frame with RSV1 fails",
  "a text frame with RSV2 fails",
  "a text frame with RSV3 fails",
  "a ping with RSV1 fails",
  "RSV2 fails with 1002 although an extension is in use",
);
must(
  "both",
  "fail the connection when an opcode is unknown",
  "the reserved opcode 3 ",
  "the reserved opcode 7 ",
  "the reserved opcode 11 ",
  "the reserved opcode 15 ",
);
must(
  "both",
  "leave the top bit of a 64-bit length 0",
  "a 64-bit length with its top bit set",
  "a header for ${payloadBytes} bytes has the shortest form",
);
must(
  "both",
  "write a length in the fewest bytes",
  "a text message of 125 bytes is echoed exactly",
  "a text message of 65536 bytes is echoed exactly",
  "D: a length of 124 written in 16 bits fails",
  "D: a length of 65535 written in 64 bits fails",
);
departs(
  "MUST",
  "both",
  "say in an extension's specification how long its data is and how it is negotiated",
  "For authors of extensions. RFC 7692, the one that is built in, has no extension data.",
);

inSection("5.3");
must("client", "set the mask bit of a masked frame", "every frame of a client is masked with a key of its own");
must(
  "client",
  "take a fresh masking key for each frame",
  "every frame of a client is masked with a key of its own",
  "F: every client frame has a fresh masking key from the platform",
);
must("client", "take the key from a strong source of randomness", "F: masking keys are unsigned 32-bit numbers and do not repeat");
mustNot("client", "make a key foretell the next one", "every frame of a client is masked with a key of its own");
must(
  "both",
  "mask and unmask octet i with octet i modulo 4 of the key",
  "property: unmask is octet i XOR key octet i modulo 4",
  "B: the worked example's bits are a masked text frame",
  "each fragment is unmasked with its own key",
);

inSection("5.4");
mustNot(
  "both",
  "fragment a control frame",
  "a fragmented ping fails the connection with 1002",
  "a fragmented pong fails the connection with 1002",
  "a fragmented close frame fails the connection with 1002",
);
must(
  "both",
  "deliver the fragments of a message in order",
  "fragments sent one write at a time are echoed whole",
  "1 MiB in fragments of 4096 bytes is echoed whole",
);
mustNot(
  "both",
  "interleave the fragments of two messages",
  "a text frame inside a fragmented message fails",
  "a second first fragment inside a fragmented message fails",
  "other messages wait behind it, pings do not",
);
must(
  "both",
  "handle control frames between the fragments of a message",
  "a ping is answered while the message around it is not finished",
  "a ping before fragment 2 and a pong before fragment 3 of three",
);
must(
  "both",
  "receive both fragmented and unfragmented messages",
  "a message after a fragmented one is a new message",
  "a message of 65,600 fragments is echoed",
);
departs("MUST NOT", "both", "as an intermediary, change the fragmentation of a control frame", noIntermediary);
departs(
  "MUST NOT",
  "both",
  "as an intermediary, change the fragmentation where reserved bits are used that it does not know",
  noIntermediary,
);
departs(
  "MUST NOT",
  "both",
  "as an intermediary, change the fragmentation where it does not know the extensions or saw no handshake",
  noIntermediary,
);
must(
  "both",
  "keep one type, text or binary, for all fragments of a message",
  "a binary message in three fragments is echoed whole and as binary",
  "a binary frame inside a fragmented text message fails",
);

inSection("5.5");
must(
  "both",
  "keep control frames to 125 bytes",
  "a ping of 126 bytes fails the connection with 1002",
  "a pong of 126 bytes fails the connection with 1002",
  "a close reason of 124 bytes fails the connection with 1002",
  "a ping over 125 bytes is thrown at the caller",
);
mustNot(
  "both",
  "fragment a control frame",
  "a fragmented ping fails the connection with 1002",
  "a control frame that a caller wants to send is one frame",
);

inSection("5.5.1");
must(
  "both",
  "begin the body of a close frame, where there is one, with the two bytes of the code",
  "a close frame of one byte fails the connection with 1002",
  "the close code 1000 is taken and answered",
);
departs("MUST NOT", "client", "show the close reason to end users", "For applications: the reason is given to the program only.");
must(
  "client",
  "mask its close frames",
  "every frame of a client is masked with a key of its own",
  "an unmasked close frame from a client fails with 1002",
);
mustNot(
  "both",
  "send data frames after a close frame",
  "an endpoint that closes sends code and reason and nothing after them",
  "E: nothing is sent after our own close frame",
);
must(
  "both",
  "answer a close frame with a close frame",
  "a close frame with 1000 is answered with 1000",
  "an empty close frame is answered, and no code is made up",
);
should(
  "both",
  "answer a close frame as soon as practical",
  "a close frame between fragments ends the connection without the message",
  "256 KiB before the close frame are echoed first",
);
must(
  "both",
  "close TCP after both close frames",
  "a close frame with 1000 is answered with 1000, and the server ends TCP first",
  "an endpoint that closes sends code and reason and nothing after them, and TCP ends",
);
must("server", "close TCP at once then", "a close frame with 1000 is answered with 1000, and the server ends TCP first");
should("client", "wait for the server to close TCP", "a client that has closed waits for the server to end TCP");
should(
  "both",
  "take the connection for closed when both sent close frames at the same time",
  "the code reported is the one of the peer's close frame, also when both close",
);

inSection("5.5.2");
must(
  "both",
  "answer a ping with a pong unless a close frame was received",
  "an empty ping is answered with an empty pong",
  "a ping before the close frame is answered before the answer",
  "a ping after the close frame is not answered",
);
should("both", "answer a ping as soon as practical", "a ping is answered while the message around it is not finished");

inSection("5.5.3");
must(
  "both",
  "give a pong the ping's data",
  "a ping of each size from 0 to 125 bytes is answered with the same bytes",
  "ten pings in one write are answered in order",
);

inSection("5.6");
must(
  "both",
  "have valid UTF-8 in the whole of a text message",
  "emoji with joiners in text cut into fragments at every byte",
  "a message that ends inside a character of three bytes fails",
  "a surrogate in a message cut into fragments at byte 12",
);

inSection("5.8");
must(
  "both",
  "negotiate every extension in the opening handshake",
  "RSV1 fails with 1002 where compression was not negotiated",
  "an answer with compression that was not offered fails",
);

inSection("6.1");
must(
  "both",
  "send data in the OPEN state only, and stop when the state changes",
  "an endpoint that has sent a close frame answers no ping and sends no data",
  "a client sends nothing before the server's answer",
);
must(
  "both",
  "put data into frames",
  "a binary message of 65536 bytes is echoed exactly",
  "a message is framed once, unmasked, in the shortest form",
);
must("both", "give the first frame the opcode of text or binary", "text and binary keep their types");
must("both", "set FIN on the last frame", "text and binary keep their types", "fragmentBytes: a large message leaves as fragments");
must("client", "mask the frames of a client", "every frame of a client is masked with a key of its own");
must("both", "transmit the frames over the network connection", "1,000 exchanges of one text each are echoed");

inSection("6.2");
must(
  "both",
  "parse what arrives as frames",
  "messages of 300 bytes in TCP writes of 1 bytes",
  "a message of 65536 bytes cut at each of its first 16 bytes",
  "property: any bytes give events and an end, never a throw, and the same in every split",
);
must("both", "handle control frames as section 5.5 says", "pings between messages are answered between their echoes");
must("both", "note the type of a message from its first frame", "a binary message in three fragments is echoed whole and as binary");
must("both", "take the data frame after a finished message for a new message", "a message after a fragmented one is a new message");
must(
  "server",
  "remove the mask of a client's frames",
  "a masked message in writes of 3 bytes is unmasked in phase",
  "the RFC's masked Hello is echoed",
);

inSection("7.1.1");
should(
  "both",
  "close TCP, and TLS, cleanly",
  "256 KiB after the close frame are discarded",
  "a close frame with 1000 is answered with 1000, and the server ends TCP first",
);
should("server", "be the first to close TCP", "a close frame with 1000 is answered with 1000, and the server ends TCP first");
should("server", "start to close TCP at once", "server: after both close frames it finishes first, then waits for the client's end");
should(
  "client",
  "wait for the server's TCP close",
  "a client that has closed waits for the server to end TCP",
  "client: after both close frames it waits for the server's end, then finishes",
);

inSection("7.1.2");
must(
  "both",
  "start the closing handshake with a close frame that has the given code and reason",
  "an endpoint that closes sends code and reason and nothing after them",
);
should(
  "both",
  "close the connection once it has both sent and received a close frame",
  "an endpoint that closes sends code and reason and nothing after them, and TCP ends",
);

inSection("7.1.5");
must(
  "both",
  "report the code of the first close frame received, 1005 when it has none, 1006 when there was none",
  "a clean close is reported with the peer's code and reason",
  "an empty close frame is reported as 1005",
  "the end of TCP without a close frame is reported as 1006",
);

inSection("7.1.6");
must(
  "both",
  "report the reason of the first close frame received, or the empty string",
  "a clean close is reported with the peer's code and reason",
  "an empty close frame is reported as 1005",
);

inSection("7.1.7");
must("client", "close the connection to fail it", "a masked text frame from a server fails with 1002");
must("server", "close the connection to fail it", "an unmasked text frame from a client fails with 1002");
should("server", "log the problem", "a fault of the peer is reported, then the connection closes with 1006 on this side");
should(
  "both",
  "send a close frame with a fitting code before it fails an open connection",
  "a failure is answered with a close frame although a message came before",
);
mustNot(
  "both",
  "handle any more data, a close frame included, after it has failed the connection",
  "nothing is handled after a failure",
  "after a failure for invalid UTF-8 nothing more is read",
);
shouldNot("client", "close the connection without a reason of the RFC or the application", "a client keeps a connection open by itself");

inSection("7.2.1");
must("client", "fail the connection as section 7.1.7 says when an algorithm asks for it", "an answer with a wrong accept value fails");
must(
  "client",
  "fail the connection when the transport is lost",
  "a reset of TCP is reported as 1006",
  "the end of TCP inside a frame is reported as 1006",
);
shouldNot("client", "close the connection without a reason of the RFC or the application", "a client keeps a connection open by itself");

inSection("7.2.2");
must(
  "server",
  "close the connection when it aborts during the opening handshake",
  "a request for version 25 is refused, and the answer names the versions",
  "a request without Sec-WebSocket-Key is refused",
);

inSection("7.2.3");
should("client", "back off when it reconnects after an abnormal closure", "the upper end of the wait doubles up to the limit");
should(
  "client",
  "wait a random time before the first attempt",
  "the jitter is full: every wait lies anywhere from nothing to the upper end",
);
should("client", "wait longer before each further attempt, up to a bound", "the upper end of the wait doubles up to the limit");

inSection("7.3");
shouldNot("client", "close the connection arbitrarily", "a client keeps a connection open by itself");

inSection("7.4.1");
mustNot(
  "both",
  "send 1005",
  "the close code 1005 fails the connection with 1002",
  "a close code that may not be sent",
  "1004, 1005, 1006, 1015 never go on the wire",
);
mustNot(
  "both",
  "send 1006",
  "the close code 1006 fails the connection with 1002",
  "a close code that may not be sent",
  "1004, 1005, 1006, 1015 never go on the wire",
);
should(
  "client",
  "name the missing extensions in the reason of a 1010",
  "a required extension that was not accepted is named, for a close with 1010",
);
mustNot(
  "both",
  "send 1015",
  "the close code 1015 fails the connection with 1002",
  "a close code that may not be sent",
  "1004, 1005, 1006, 1015 never go on the wire",
);

inSection("8.1");
must(
  "both",
  "fail the connection when text is not valid UTF-8",
  "the surrogate U+D800 in text fails",
  "the overlong C0 80 fails with 1007 at the first wrong byte",
  "a close reason with a surrogate fails with 1007",
);
must(
  "both",
  "fail for invalid text during the opening handshake too",
  "a request with a key that is not base64 is refused",
  "a Sec-WebSocket-Protocol with a byte beyond ASCII is refused",
);

/** @type {readonly Requirement[]} */
export const requirements = Object.freeze(rows);
