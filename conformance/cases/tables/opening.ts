// 10: opening requests to a server; 11: answers to a client (RFC 6455 §4).
import type { Answer, Case, Request } from "../case.ts";

const dropKey = { "Sec-WebSocket-Key": undefined };

type Row<T> = Omit<T, "kind" | "id">;

const refused: readonly Row<Request>[] = [
  { title: "a request without Upgrade is refused (RFC 6455 §4.2.1)", fields: { Upgrade: undefined }, status: [426, 400], mayStay: true },
  { title: "a request for another protocol is refused (RFC 6455 §4.2.1)", fields: { Upgrade: "h2c" }, status: [426, 400] },
  {
    title: "a request without Connection is refused (RFC 6455 §4.2.1)",
    fields: { Connection: undefined },
    status: [400, 426],
    mayStay: true,
  },
  {
    title: "a request whose Connection lacks the token Upgrade is refused (RFC 6455 §4.2.1)",
    fields: { Connection: "keep-alive" },
    status: [400, 426],
    mayStay: true,
  },
  { title: "a request without Sec-WebSocket-Key is refused with 400 (RFC 6455 §4.2.1)", fields: dropKey, status: [400] },
  {
    title: "a request with a key of 15 bytes is refused with 400 (RFC 6455 §4.2.1)",
    fields: { "Sec-WebSocket-Key": "AAECAwQFBgcICQoLDA0O" },
    status: [400],
  },
  {
    title: "a request with a key of 17 bytes is refused with 400 (RFC 6455 §4.2.1)",
    fields: { "Sec-WebSocket-Key": "AAECAwQFBgcICQoLDA0ODxA=" },
    status: [400],
  },
  {
    title: "a request with a key that is not base64 is refused with 400 (RFC 6455 §4.2.1)",
    fields: { "Sec-WebSocket-Key": "not base64 at all, is it" },
    status: [400],
  },
  { title: "a request with an empty key is refused with 400 (RFC 6455 §4.2.1)", fields: { "Sec-WebSocket-Key": "" }, status: [400] },
  {
    title: "a request without a version is refused, and the answer names the versions (RFC 6455 §4.2.2, §4.4)",
    fields: { "Sec-WebSocket-Version": undefined },
    status: [400, 426],
    answer: { "sec-websocket-version": /\b13\b/ },
  },
  {
    title: "a request for version 25 is refused, and the answer names the versions (RFC 6455 §4.2.2, §4.4)",
    fields: { "Sec-WebSocket-Version": "25" },
    status: [400, 426],
    answer: { "sec-websocket-version": /\b13\b/ },
  },
  {
    title: "a version that is not a number is refused, and the answer names the versions (RFC 6455 §4.3, §4.4)",
    fields: { "Sec-WebSocket-Version": "thirteen" },
    status: [400, 426],
    answer: { "sec-websocket-version": /\b13\b/ },
  },
  {
    title: "a POST request is refused with 405 (RFC 6455 §4.1, §4.2.1)",
    line: "POST PATH HTTP/1.1",
    fields: { "Content-Length": "0" },
    status: [405],
  },
  { title: "a request of HTTP/1.0 is refused (RFC 6455 §4.2.1)", line: "GET PATH HTTP/1.0", status: [400, 426, 505], lawful: [101] },
  { title: "a request without Host is refused with 400 (RFC 6455 §4.2.1)", fields: { Host: undefined }, status: [400] },
  { title: "a request that is not HTTP is refused with 400 (RFC 6455 §4.2.1)", line: "HELLO", status: [400] },
  {
    title: "a Sec-WebSocket-Protocol with an empty value is refused with 400 (RFC 6455 §4.3)",
    fields: { "Sec-WebSocket-Protocol": "" },
    status: [400],
    lawful: [101],
  },
  {
    title: "a Sec-WebSocket-Protocol with an empty element in front is refused with 400 (RFC 6455 §4.3)",
    fields: { "Sec-WebSocket-Protocol": ",chat" },
    status: [400],
  },
  {
    title: "a Sec-WebSocket-Protocol that names one twice is refused with 400 (RFC 6455 §4.1)",
    fields: { "Sec-WebSocket-Protocol": "chat, chat" },
    status: [400],
  },
  {
    title: "a Sec-WebSocket-Protocol with a separator is refused with 400 (RFC 6455 §4.3)",
    fields: { "Sec-WebSocket-Protocol": "chat room" },
    status: [400],
  },
  {
    title: "a Sec-WebSocket-Protocol with a byte beyond ASCII is refused with 400 (RFC 6455 §4.3, §8.1)",
    fields: { "Sec-WebSocket-Protocol": "caf\u00e9" },
    status: [400],
  },
  {
    title: "a Sec-WebSocket-Extensions that breaks the grammar is refused with 400 (RFC 6455 §9.1)",
    fields: { "Sec-WebSocket-Extensions": "permessage-deflate; ;" },
    settings: { perMessageDeflate: true },
    status: [400],
    lawful: [101],
  },
];

const accepted: readonly Row<Request>[] = [
  {
    title: "a good request is answered with 101, Upgrade, Connection and the accept value (RFC 6455 §4.2.2)",
    status: [101],
    answer: {
      upgrade: /^websocket$/i,
      connection: /^upgrade$/i,
      "sec-websocket-accept": /^[A-Za-z0-9+/]{27}=$/,
      "sec-websocket-protocol": undefined,
      "sec-websocket-extensions": undefined,
    },
  },
  {
    title: "A: the RFC's sample nonce has the RFC's accept value (RFC 6455 §1.3, §4.2.2)",
    fields: { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" },
    status: [101],
    answer: { "sec-websocket-accept": /^s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/ },
  },
  {
    title: "names and tokens are compared without case (RFC 6455 §4.2.1)",
    fields: { Upgrade: "WebSocket", Connection: "UPGRADE" },
    status: [101],
  },
  {
    title: "field names are read in any case (RFC 6455 §4.1)",
    fields: { Upgrade: undefined, Connection: undefined },
    extra: ["uPGRADE: websocket", "cONNECTION: Upgrade"],
    status: [101],
  },
  { title: "Upgrade among other Connection tokens counts (RFC 6455 §4.2.1)", fields: { Connection: "keep-alive, Upgrade" }, status: [101] },
  {
    title: "unknown fields are ignored (RFC 6455 §4.2.1)",
    fields: { "X-Unknown": "anything", "Sec-WebSocket-Unknown": "1" },
    status: [101],
  },
  {
    title: "white space around the key is not part of it (RFC 6455 §4.3)",
    fields: { "Sec-WebSocket-Key": "   dGhlIHNhbXBsZSBub25jZQ==  " },
    status: [101],
  },
  {
    title: "the server chooses one of the subprotocols asked for (RFC 6455 §4.2.2)",
    fields: { "Sec-WebSocket-Protocol": "chat, superchat" },
    settings: { protocols: ["superchat", "other"] },
    status: [101],
    answer: { "sec-websocket-protocol": /^superchat$/ },
  },
  {
    title: "A: chat, superchat is answered with chat (RFC 6455 §1.3)",
    fields: { "Sec-WebSocket-Protocol": "chat, superchat" },
    status: [101],
    answer: { "sec-websocket-protocol": /^chat$/ },
  },
  {
    title: "a server that agrees to none of the subprotocols sends no field (RFC 6455 §4.2.2)",
    fields: { "Sec-WebSocket-Protocol": "chat, superchat" },
    settings: { protocols: ["other"] },
    status: [101],
    answer: { "sec-websocket-protocol": undefined },
  },
  {
    title: "a server sends no subprotocol that was not asked for (RFC 6455 §4.2.2)",
    settings: { protocols: ["other"] },
    status: [101],
    answer: { "sec-websocket-protocol": undefined },
  },
  {
    title: "an extension that the server does not know is left out (RFC 6455 §4.2.2, §9)",
    fields: { "Sec-WebSocket-Extensions": "x-unknown; parameter=1" },
    settings: { perMessageDeflate: true },
    status: [101],
    answer: { "sec-websocket-extensions": undefined },
  },
  {
    title: "fields split over several lines count as one list (RFC 6455 §9.1)",
    extra: ["Sec-WebSocket-Protocol: one", "Sec-WebSocket-Protocol: two"],
    settings: { protocols: ["two"] },
    status: [101],
    answer: { "sec-websocket-protocol": /^two$/ },
  },
  { title: "an absolute request target is taken (RFC 6455 §4.1, §4.2.1)", line: "GET http://127.0.0.1PATH HTTP/1.1", status: [101] },
];

const answers: readonly Row<Answer>[] = [
  {
    title: "the client's request has every field that the RFC wants (RFC 6455 §4.1)",
    outcome: "open",
    requestLine: /^GET \/11\.1\?x=1 HTTP\/1\.1$/,
    request: {
      host: /^127\.0\.0\.1:\d+$/,
      upgrade: /^websocket$/i,
      connection: /^upgrade$/i,
      "sec-websocket-key": /^[A-Za-z0-9+/]{22}==$/,
      "sec-websocket-version": /^13$/,
      "sec-websocket-protocol": undefined,
      "sec-websocket-extensions": undefined,
    },
  },
  {
    title: "the client offers its subprotocols in order and takes the one chosen (RFC 6455 §4.1)",
    settings: { protocols: ["chat", "superchat"] },
    fields: { "Sec-WebSocket-Protocol": "superchat" },
    outcome: "open",
    request: { "sec-websocket-protocol": /^chat,\s*superchat$/ },
  },
  { title: "a status other than 101 fails the handshake (RFC 6455 §4.1)", line: "HTTP/1.1 200 OK", outcome: "failed" },
  {
    title: "an answer 404 fails the handshake (RFC 6455 §4.1)",
    line: "HTTP/1.1 404 Not Found",
    fields: { Upgrade: undefined, "Content-Length": "0" },
    outcome: "failed",
  },
  { title: "an answer without Upgrade fails (RFC 6455 §4.1)", fields: { Upgrade: undefined }, outcome: "failed" },
  { title: "an answer that upgrades to something else fails (RFC 6455 §4.1)", fields: { Upgrade: "websockets" }, outcome: "failed" },
  { title: "an answer without Connection fails (RFC 6455 §4.1)", fields: { Connection: undefined }, outcome: "failed" },
  { title: "an answer whose Connection lacks the token Upgrade fails (RFC 6455 §4.1)", fields: { Connection: "close" }, outcome: "failed" },
  { title: "an answer without the accept value fails (RFC 6455 §4.1)", fields: { "Sec-WebSocket-Accept": undefined }, outcome: "failed" },
  {
    title: "an answer with a wrong accept value fails (RFC 6455 §4.1)",
    fields: { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
    outcome: "failed",
  },
  { title: "an empty accept value fails (RFC 6455 §4.1)", fields: { "Sec-WebSocket-Accept": "" }, outcome: "failed" },
  {
    title: "white space around the accept value is ignored (RFC 6455 §4.1)",
    fields: { "Sec-WebSocket-Accept": "   ACCEPT  " },
    outcome: "open",
  },
  {
    title: "Upgrade and Connection of the answer are compared without case (RFC 6455 §4.1)",
    fields: { Upgrade: "WEBSOCKET", Connection: "upGRADE" },
    outcome: "open",
  },
  {
    title: "Upgrade among other Connection tokens of the answer counts (RFC 6455 §4.1)",
    fields: { Connection: "keep-alive, Upgrade" },
    outcome: "open",
    lawful: true,
  },
  { title: "a subprotocol that was not asked for fails (RFC 6455 §4.1)", fields: { "Sec-WebSocket-Protocol": "chat" }, outcome: "failed" },
  {
    title: "a subprotocol other than those asked for fails (RFC 6455 §4.1)",
    settings: { protocols: ["chat"] },
    fields: { "Sec-WebSocket-Protocol": "other" },
    outcome: "failed",
  },
  {
    title: "an extension that was not asked for fails (RFC 6455 §4.1)",
    fields: { "Sec-WebSocket-Extensions": "x-unknown" },
    outcome: "failed",
  },
  {
    title: "an extension other than the one asked for fails (RFC 6455 §4.1)",
    settings: { perMessageDeflate: true },
    fields: { "Sec-WebSocket-Extensions": "permessage-deflate, x-unknown" },
    outcome: "failed",
  },
  {
    title: "an empty Sec-WebSocket-Extensions in the answer fails (RFC 6455 §4.2.2, §9.1)",
    fields: { "Sec-WebSocket-Extensions": "" },
    outcome: "failed",
    lawful: true,
  },
  { title: "an answer that is not HTTP fails (RFC 6455 §4.1)", line: "HELLO", outcome: "failed" },
  {
    title: "frames that come in the same segment as the answer are read (RFC 6455 §4.2.2)",
    trailing: [{ opcode: 9, payload: Buffer.from("at once") }],
    outcome: "open",
  },
];

export const opening: readonly Case[] = [
  ...refused.map((each, index): Request => ({ ...each, kind: "request", id: `10.1.${index + 1}` })),
  ...accepted.map((each, index): Request => ({ ...each, kind: "request", id: `10.2.${index + 1}` })),
  ...answers.map((each, index): Answer => ({ ...each, kind: "answer", id: `11.${index + 1}` })),
];
