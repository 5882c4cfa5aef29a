// Every way in which an opening request can be wrong, over raw TCP, with the status that each profile answers.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listen, openingRequest, RawClient } from "./raw.ts";

interface Row {
  readonly what: string;
  readonly request: string;
  /** Status with the defaults of `ws`, and with `secure: true`. */
  readonly ws: number;
  readonly secure: number;
  /** A field that the answer must have, in the secure profile and in that of `ws`. */
  readonly fields?: readonly [ws: string | undefined, secure: string];
  /** Node's own http server answers these, and keeps the connection for another request. */
  readonly staysOpen?: boolean;
}

const KEY = "Sec-WebSocket-Key";
const VERSION = "Sec-WebSocket-Version";
const versions = ["Sec-WebSocket-Version: 13, 8", "Sec-WebSocket-Version: 13"] as const;

const rows: readonly Row[] = [
  {
    what: "another method than GET (§4.1)",
    request: openingRequest({}, "POST / HTTP/1.1"),
    ws: 405,
    secure: 405,
    fields: ["Allow: GET", "Allow: GET"],
  },
  { what: "a method in small letters (RFC 9110 §9.1)", request: openingRequest({}, "get / HTTP/1.1"), ws: 400, secure: 400 },
  { what: "HTTP/1.0 (§4.1)", request: openingRequest({}, "GET / HTTP/1.0"), ws: 400, secure: 400 },
  { what: "an HTTP version that there is not (RFC 9112 §2.3)", request: openingRequest({}, "GET / HTTP/9.9"), ws: 400, secure: 400 },
  { what: "no request line (RFC 9112 §3)", request: "\0\0\0\r\n\r\n", ws: 400, secure: 400 },
  { what: "no Host (§4.2.1)", request: openingRequest({ Host: undefined }), ws: 400, secure: 400 },
  { what: "no Upgrade (§4.2.1)", request: openingRequest({ Upgrade: undefined }), ws: 426, secure: 426, staysOpen: true },
  {
    what: "Upgrade to something else (§4.2.1)",
    request: openingRequest({ Upgrade: "h2c" }),
    ws: 400,
    secure: 426,
    fields: [undefined, "Upgrade: websocket"],
  },
  { what: "Upgrade that only begins right (§4.2.1)", request: openingRequest({ Upgrade: "websockets" }), ws: 400, secure: 426 },
  { what: "no Connection (§4.2.1)", request: openingRequest({ Connection: undefined }), ws: 426, secure: 426, staysOpen: true },
  {
    what: "Connection without upgrade (§4.2.1)",
    request: openingRequest({ Connection: "keep-alive" }),
    ws: 426,
    secure: 426,
    staysOpen: true,
  },
  { what: "no key (§4.2.1)", request: openingRequest({ [KEY]: undefined }), ws: 400, secure: 400 },
  { what: "an empty key (§4.2.1)", request: openingRequest({ [KEY]: "" }), ws: 400, secure: 400 },
  { what: "a key of 15 bytes (§4.2.1)", request: openingRequest({ [KEY]: "AAAAAAAAAAAAAAAAAAAA" }), ws: 400, secure: 400 },
  { what: "a key of 17 bytes (§4.2.1)", request: openingRequest({ [KEY]: "AAAAAAAAAAAAAAAAAAAAAAA=" }), ws: 400, secure: 400 },
  { what: "a key that is not base64 (§4.2.1)", request: openingRequest({ [KEY]: "dGhlIHNhbXBsZSBub25jZ*==" }), ws: 400, secure: 400 },
  {
    what: "two keys (§4.2.1)",
    request: openingRequest({ [KEY]: `${"A".repeat(22)}==\r\n${KEY}: ${"B".repeat(21)}A==` }),
    ws: 400,
    secure: 400,
  },
  { what: "no version (§4.2.1)", request: openingRequest({ [VERSION]: undefined }), ws: 400, secure: 426, fields: versions },
  { what: "version 7 (§4.4)", request: openingRequest({ [VERSION]: "7" }), ws: 400, secure: 426, fields: versions },
  { what: "version 14 (§4.4)", request: openingRequest({ [VERSION]: "14" }), ws: 400, secure: 426, fields: versions },
  { what: "a version that is no number (§4.4)", request: openingRequest({ [VERSION]: "13a" }), ws: 400, secure: 426, fields: versions },
  { what: "two versions in one field (§4.4)", request: openingRequest({ [VERSION]: "13, 8" }), ws: 400, secure: 426, fields: versions },
  { what: "a subprotocol offered twice (§4.1)", request: openingRequest({ "Sec-WebSocket-Protocol": "a, b, a" }), ws: 400, secure: 400 },
  { what: "a subprotocol that is no token (§4.1)", request: openingRequest({ "Sec-WebSocket-Protocol": "a b" }), ws: 400, secure: 400 },
  { what: "an empty subprotocol (§4.1)", request: openingRequest({ "Sec-WebSocket-Protocol": "a,,b" }), ws: 400, secure: 400 },
  { what: "an oversized header field (RFC 6585 §5)", request: openingRequest({ Cookie: "c".repeat(40_000) }), ws: 431, secure: 431 },
  {
    what: "a header line without a colon (RFC 9112 §5)",
    request: openingRequest({ "X: y\r\nnothing here\r\nZ": "z" }),
    ws: 400,
    secure: 400,
  },
  {
    what: "both lengths of a body (RFC 9112 §6.3)",
    request: openingRequest({ "Content-Length": "3", "Transfer-Encoding": "chunked" }),
    ws: 400,
    secure: 400,
  },
  { what: "a page of another origin (§10.2)", request: openingRequest({ Origin: "http://evil.test" }), ws: 101, secure: 403 },
  {
    what: "a page whose origin looks alike (§10.2)",
    request: openingRequest({ Origin: "http://example.org.evil.test" }),
    ws: 101,
    secure: 403,
  },
  { what: "a page without an origin of its own (§10.2)", request: openingRequest({ Origin: "null" }), ws: 101, secure: 403 },
  {
    what: "version 8 from before the RFC (§4.4)",
    request: openingRequest({ [VERSION]: "8" }),
    ws: 101,
    secure: 426,
    fields: [undefined, versions[1]],
  },
];

for (const profile of ["ws", "secure"] as const) {
  describe(`an invalid opening handshake gets its status and the end of the connection, profile ${profile} (RFC 6455 §4.2)`, {
    concurrency: 8,
  }, () => {
    for (const row of rows) {
      test(`${profile}: ${row.what}: ${row[profile]}`, async (t) => {
        const { port } = await listen(t, { secure: profile === "secure" });
        const client = await RawClient.connect(t, port);
        client.socket.write(row.request, "latin1");
        await client.until(() => client.isEnded || client.text.includes("\r\n\r\n"), "an answer");
        assert.equal(client.text.split(" ")[1], String(row[profile]), client.text);
        const field = row.fields?.[profile === "ws" ? 0 : 1];
        if (field !== undefined) assert.ok(client.text.toLowerCase().includes(`\r\n${field.toLowerCase()}\r\n`), client.text);
        if (row[profile] === 101 || row.staysOpen === true) return;
        assert.match(client.text, /\r\nConnection: close\r\n/i);
        await client.until(() => client.isEnded, "the end of the connection");
      });
    }
  });
}

describe("a slow opening handshake ends at its deadline (R16)", { concurrency: 8 }, () => {
  const handshakeTimeout = 300;
  const slow: readonly [what: string, pieces: readonly string[]][] = [
    ["nothing at all", []],
    ["half a request line", ["GET / HT"]],
    ["headers that never end", ["GET / HTTP/1.1\r\nHost: a\r\n"]],
    ["a header field that grows byte by byte", ["GET / HTTP/1.1\r\nX: ", ...Array.from({ length: 200 }, () => "y")]],
  ];
  for (const [what, pieces] of slow) {
    test(`${what}: 408 or the end of the connection`, async (t) => {
      const { port } = await listen(t, { handshakeTimeout });
      const client = await RawClient.connect(t, port);
      const from = performance.now();
      const left = [...pieces];
      const timer = setInterval(() => {
        const piece = left.shift();
        if (piece !== undefined && client.socket.writable) client.socket.write(piece);
      }, 5);
      try {
        await client.until(() => client.isEnded, "the end of the connection");
      } finally {
        clearInterval(timer);
      }
      assert.ok(performance.now() - from >= handshakeTimeout - 50, "it was given up too early");
      assert.match(client.text, /^(?:HTTP\/1\.1 408 |$)/);
    });
  }

  test("verifyClient that never answers: 408 and the end of the connection", async (t) => {
    const { port, server } = await listen(t, { handshakeTimeout, verifyClient: (_info, _answer) => undefined });
    const client = await RawClient.connect(t, port);
    client.socket.write(openingRequest());
    await client.until(() => client.isEnded, "the end of the connection");
    assert.match(client.text, /^HTTP\/1\.1 408 /);
    assert.equal(server.clients.size, 0);
  });
});
