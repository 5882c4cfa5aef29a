// 12: permessage-deflate, offers and answers; 13: its messages (RFC 7692).
import {
  type Answer,
  alive,
  type Case,
  type Conversation,
  echoText,
  fails,
  frame,
  hex,
  last,
  letters,
  more,
  numbered,
  octets,
  ping,
  type Request,
  type Step,
  says,
  send,
  type Type,
  text,
} from "../case.ts";

const on = { perMessageDeflate: { threshold: 0 } };
const name = "permessage-deflate";

type Row<T> = Omit<T, "kind" | "id">;
const offered = (offer: string, extensions: Request["extensions"], more: Partial<Row<Request>> = {}): Row<Request> => ({
  title:
    `the offer "${offer}" is ${extensions === "accepted" ? "accepted as RFC 7692 §7.1 allows" : `${extensions}`} (RFC 7692 §7, §7.1)`.replace(
      "is either",
      "is declined or accepted as RFC 7692 §7.1 allows",
    ),
  fields: { "Sec-WebSocket-Extensions": offer },
  settings: on,
  status: [101],
  ...(extensions === undefined ? {} : { extensions }),
  ...more,
});

const windows = [9, 10, 11, 12, 13, 14, 15];
const offers: readonly Row<Request>[] = [
  offered(name, "accepted"),
  offered(`${name}; server_no_context_takeover`, "accepted", { answer: { "sec-websocket-extensions": /server_no_context_takeover/ } }),
  offered(`${name}; client_no_context_takeover`, "accepted"),
  offered(`${name}; server_no_context_takeover; client_no_context_takeover`, "accepted"),
  ...windows.map((bits) => offered(`${name}; server_max_window_bits=${bits}`, "accepted")),
  ...windows.map((bits) => offered(`${name}; client_max_window_bits=${bits}`, "accepted")),
  offered(`${name}; client_max_window_bits`, "accepted"),
  offered(`${name}; server_max_window_bits="10"`, "accepted"),
  offered(`${name}; server_max_window_bits=10; client_max_window_bits; server_no_context_takeover; client_no_context_takeover`, "accepted"),
  // zlib has no raw window of 8 bits: who declines is honest.
  offered(`${name}; server_max_window_bits=8`, "either"),
  offered(`${name}; client_max_window_bits=8`, "either"),
  offered(`${name}; server_max_window_bits=9, ${name}`, "accepted"),
  offered(`x-unknown, ${name}`, "accepted"),
];
const declined = [
  "server_no_context_takeover=1",
  "client_no_context_takeover=1",
  "server_no_context_takeover; server_no_context_takeover",
  "server_max_window_bits=10; server_max_window_bits=11",
  "client_max_window_bits; client_max_window_bits",
  "server_max_window_bits",
  "server_max_window_bits=7",
  "server_max_window_bits=16",
  "server_max_window_bits=010",
  "server_max_window_bits=1x",
  "client_max_window_bits=7",
  "client_max_window_bits=16",
  "client_max_window_bits=a",
  "unknown",
  "unknown=1",
].flatMap((params) => [
  // "Decline" is what RFC 7692 §7 says; `ws`, and our drop-in defaults with it, refuse the whole handshake.
  offered(`${name}; ${params}`, "declined", { lawful: [400], settings: { ...on, secure: true } }),
  {
    ...offered(`${name}; ${params}, ${name}`, "accepted", { lawful: [400], settings: { ...on, secure: true } }),
    title: `after the invalid "${params}" the fallback offer is accepted (RFC 7692 §7, §7.1)`,
  },
]);
const asWs = {
  ...offered(`${name}; unknown, ${name}`, undefined, { status: [400], lawful: [101] }),
  title: "the drop-in defaults refuse a handshake with an invalid offer, as ws does (RFC 6455 §9.1)",
};
const off = { ...offered(name, "declined"), title: "a server without compression declines (RFC 7692 §7)", settings: {} };

const answered = (answer: string, outcome: "open" | "failed", more: Partial<Row<Answer>> = {}): Row<Answer> => ({
  title: `the answer "${answer}" ${outcome === "open" ? "is taken" : "fails the connection"} (RFC 7692 §7, §7.1)`,
  fields: { "Sec-WebSocket-Extensions": answer },
  settings: on,
  outcome,
  ...more,
});
const replies: readonly Row<Answer>[] = [
  answered(name, "open", { request: { "sec-websocket-extensions": /^permessage-deflate\b/ } }),
  answered(`${name}; server_no_context_takeover`, "open"),
  answered(`${name}; client_no_context_takeover`, "open"),
  ...windows.map((bits) => answered(`${name}; server_max_window_bits=${bits}`, "open")),
  ...[9, 12, 15].map((bits) => answered(`${name}; client_max_window_bits=${bits}`, "open")),
  answered(`${name}; server_max_window_bits=8`, "open"),
  ...[
    "server_no_context_takeover=1",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover=1",
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=9; server_max_window_bits=10",
    "client_max_window_bits",
    "client_max_window_bits=16",
    "unknown=1",
  ].map((params) => answered(`${name}; ${params}`, "failed")),
  answered(`${name}, ${name}`, "failed", { lawful: true }),
  answered("x-webkit-deflate-frame", "failed"),
  {
    ...answered(name, "failed", { settings: {} }),
    title: "an answer with compression that was not offered fails the connection (RFC 7692 §7)",
  },
  {
    ...answered(`${name}; client_max_window_bits=10`, "failed", {
      settings: { perMessageDeflate: { threshold: 0, clientMaxWindowBits: 9 } },
    }),
    title: "a client window larger than the one offered fails the connection (RFC 7692 §7.1.2.2)",
  },
];

/** Agreements, as the tester's client offers them and as its server answers. */
const agreements: readonly { offer: string; answer: string; settings?: Conversation["settings"] }[] = [
  { offer: name, answer: name },
  { offer: `${name}; server_no_context_takeover`, answer: `${name}; server_no_context_takeover` },
  { offer: `${name}; client_no_context_takeover`, answer: `${name}; client_no_context_takeover` },
  {
    offer: `${name}; server_no_context_takeover; client_no_context_takeover`,
    answer: `${name}; server_no_context_takeover; client_no_context_takeover`,
  },
  ...windows.map((bits) => ({ offer: `${name}; server_max_window_bits=${bits}`, answer: `${name}; server_max_window_bits=${bits}` })),
  ...windows.map((bits) => ({ offer: `${name}; client_max_window_bits=${bits}`, answer: `${name}; client_max_window_bits=${bits}` })),
  {
    offer: `${name}; server_max_window_bits=9; client_max_window_bits=9; server_no_context_takeover; client_no_context_takeover`,
    answer: `${name}; server_max_window_bits=9; client_max_window_bits=9; server_no_context_takeover; client_no_context_takeover`,
  },
];
const sizes = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

/** Text that compresses like JSON does, without one period throughout. */
function prose(size: number): Buffer {
  let out = "";
  for (let index = 0; out.length < size; index++) out += `{"id":${(index * 7919) % 10_007},"name":"user ${index % 37}","room":"lobby"},`;
  return Buffer.from(out.slice(0, size));
}

/** Bytes that do not compress, the same in every run. */
function noise(size: number): Buffer {
  const data = Buffer.alloc(size);
  let state = 2463534242;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[index] = state & 255;
  }
  return data;
}

const through = (type: Type, payload: Buffer, more: { fragments?: number; between?: Step } = {}): Step[] => [
  { step: "compressed", type, payload, ...(more.fragments === undefined ? {} : { fragments: more.fragments }) },
  { step: "echo", type, payload, compressed: true },
];

const traffic = agreements.flatMap(({ offer, answer, settings }) => {
  const params = offer.replace(`${name}; `, "").replace(name, "no parameters");
  const each = { compression: { offer, answer }, ...(settings === undefined ? {} : { settings }) };
  return [
    {
      ...each,
      ...says(
        `with ${params}, compressed text of 16 bytes to 128 KiB is echoed (RFC 7692 §7.2)`,
        ...sizes.flatMap((size) => through("text", prose(size))),
      ),
    },
    {
      ...each,
      ...says(
        `with ${params}, compressed binary of 16 bytes to 128 KiB is echoed (RFC 7692 §7.2)`,
        ...sizes.flatMap((size) => through("binary", octets(size))),
      ),
    },
    {
      ...each,
      ...says(
        `with ${params}, 100 messages that repeat each other are echoed (RFC 7692 §7.1.1)`,
        ...Array.from({ length: 100 }, (_, index) => through("text", Buffer.concat([prose(700), Buffer.from(String(index))]))).flat(),
      ),
    },
    {
      ...each,
      ...says(
        `with ${params}, compressed messages in fragments are echoed (RFC 7692 §7.2.1)`,
        ...[2, 3, 7, 20].flatMap((fragments) => through("text", prose(5000), { fragments })),
      ),
    },
  ];
});

const plain = { compression: { offer: name, answer: name } };
const both = {
  compression: {
    offer: `${name}; server_no_context_takeover; client_no_context_takeover`,
    answer: `${name}; server_no_context_takeover; client_no_context_takeover`,
  },
};
const raw = (data: string, more = {}): ReturnType<typeof frame> => frame(1, hex(data), { rsv: 4, ...more });

const examples = [
  says("the RFC's compressed Hello is echoed (RFC 7692 §7.2.3.1)", send(raw("f248cdc9c90700")), echoText("Hello")),
  says(
    "the RFC's compressed Hello in two fragments is echoed (RFC 7692 §7.2.3.1)",
    send(raw("f248cd", { fin: false }), last(hex("c9c90700"))),
    echoText("Hello"),
  ),
  says(
    "the RFC's second Hello that points into the window is echoed (RFC 7692 §7.2.3.2)",
    send(raw("f248cdc9c90700"), raw("f200110000")),
    echoText("Hello"),
    echoText("Hello"),
  ),
  says(
    "the RFC's Hello in a block without compression is echoed (RFC 7692 §7.2.3.3)",
    send(raw("000500faff48656c6c6f00")),
    echoText("Hello"),
  ),
  says("the RFC's Hello in a final block is echoed (RFC 7692 §7.2.3.4)", send(raw("f348cdc9c9070000")), echoText("Hello")),
  says(
    "the RFC's Hello in two blocks is echoed (RFC 7692 §7.2.3.5)",
    send(raw("f248050000 00ffff cac9c90700".replaceAll(" ", ""))),
    echoText("Hello"),
  ),
  says("an empty compressed message is echoed (RFC 7692 §7.2.3.6)", send(raw("00")), echoText("")),
  says(
    "a compressed message whose first fragment is empty is echoed (RFC 7692 §7.2.1)",
    send(raw("", { fin: false }), last(hex("f248cdc9c90700"))),
    echoText("Hello"),
  ),
  says(
    "messages that are not compressed are taken between compressed ones (RFC 7692 §6)",
    send(raw("f248cdc9c90700"), text("plain"), raw("f200110000")),
    echoText("Hello"),
    echoText("plain"),
    echoText("Hello"),
  ),
].map((each) => ({ ...each, ...plain }));

const control = [
  {
    ...both,
    ...says(
      "pings between the fragments of a compressed message are answered at once (RFC 6455 §5.4, RFC 7692 §7.2)",
      { step: "compressed", type: "text", payload: prose(20_000), fragments: 5, between: ping("between") },
      { step: "echo", type: "text", payload: prose(20_000) },
    ),
  },
  {
    ...plain,
    ...says("a client's and a server's pings are never compressed (RFC 7692 §6.1)", send(ping("x".repeat(125))), {
      step: "pong",
      payload: Buffer.from("x".repeat(125)),
    }),
  },
  {
    ...plain,
    ...says(
      "compressed messages of 16 bytes, 1,000 of them, are echoed in order (RFC 7692 §7.2)",
      ...Array.from({ length: 1000 }, (_, index) => through("text", Buffer.from(`message ${String(index).padStart(8)}`))).flat(),
    ),
  },
  {
    ...both,
    ...says(
      "100 compressed messages sent without waiting are echoed in order (RFC 6455 §5.4, RFC 7692 §7.2)",
      send(...Array.from({ length: 100 }, (_, index) => text(prose(100 + index * 100), { compress: true }))),
      ...Array.from({ length: 100 }, (_, index) => echoText(prose(100 + index * 100))),
      alive,
    ),
  },
  {
    ...plain,
    ...says(
      "bytes that do not compress are echoed through the compression (RFC 7692 §7.2)",
      ...[100, 5000, 70_000].flatMap((size): Step[] => [
        { step: "compressed", type: "binary", payload: noise(size) },
        { step: "echo", type: "binary", payload: noise(size) },
      ]),
    ),
  },
  {
    ...plain,
    ...says(
      "compressed text of 1 MiB is echoed, and another after it (RFC 7692 §7.2)",
      ...through("text", prose(1 << 20)),
      ...through("text", prose(1 << 20)),
    ),
  },
  {
    ...plain,
    ...says(
      "compressed text in writes of one byte is echoed (RFC 6455 §6.2, RFC 7692 §7.2)",
      { step: "send", frames: [text(prose(2000), { compress: true })], chop: 1 },
      echoText(prose(2000)),
    ),
  },
  {
    ...plain,
    ...says(
      "a compressed message before the close frame is echoed before the answer (RFC 6455 §5.5.1)",
      send(text(prose(50_000), { compress: true }), frame(8, hex("03e8"))),
      echoText(prose(50_000)),
      { step: "close", codes: [1000], clean: true },
    ),
  },
  {
    ...plain,
    ...says(
      "a message after a compressed one waits for it (RFC 6455 §5.4)",
      send(text(prose(50_000), { compress: true }), text("second")),
      echoText(prose(50_000)),
      echoText("second"),
    ),
  },
  {
    compression: both.compression,
    settings: { perMessageDeflate: { threshold: 1024, serverNoContextTakeover: true, clientNoContextTakeover: true } },
    ...says(
      "below the threshold nothing is compressed, from it on everything (RFC 7692 §6)",
      ...[16, 1023].flatMap((size): Step[] => [
        send(text(prose(size))),
        { step: "echo", type: "text", payload: prose(size), compressed: false },
      ]),
      ...[1024, 5000].flatMap((size): Step[] => [
        send(text(prose(size))),
        { step: "echo", type: "text", payload: prose(size), compressed: true },
      ]),
    ),
  },
];

const zeros = Buffer.alloc(4 << 20);
const small = { maxPayload: 65_536, perMessageDeflate: { threshold: 0 } };
const wrong = [
  says(
    "RSV1 on a continuation fails with 1002 (RFC 7692 §6.1)",
    send(raw("f248cd", { fin: false }), last(hex("c9c90700"), { rsv: 4 })),
    fails(1002),
  ),
  says(
    "RSV1 on a continuation of a message that is not compressed fails with 1002 (RFC 7692 §6.1)",
    send(text("a", { fin: false }), last("b", { rsv: 4 })),
    fails(1002),
  ),
  says("RSV1 on a ping fails with 1002 (RFC 7692 §6.1)", send(ping("x", { rsv: 4 })), fails(1002)),
  says("RSV1 on a pong fails with 1002 (RFC 7692 §6.1)", send(frame(10, "x", { rsv: 4 })), fails(1002)),
  says("RSV1 on a close frame fails with 1002 (RFC 7692 §6.1)", send(frame(8, hex("03e8"), { rsv: 4 })), fails(1002)),
  says("RSV2 fails with 1002 although an extension is in use (RFC 6455 §5.2)", send(text("x", { rsv: 2 })), fails(1002)),
  says(
    "RSV3 beside RSV1 fails with 1002 although an extension is in use (RFC 6455 §5.2)",
    send(text(hex("f248cdc9c90700"), { rsv: 5 })),
    fails(1002),
  ),
  says("data that is no DEFLATE stream fails with 1007 (RFC 6455 §7.4.1, RFC 7692 §7.2.2)", send(raw("ffffffffffff")), fails(1007, 1002)),
  says("a reference beyond the window fails with 1007 (RFC 7692 §7.2.2)", send(raw("f200110000")), fails(1007, 1002)),
  says(
    "corrupt data in a second message fails with 1007 (RFC 7692 §7.2.2)",
    send(raw("f248cdc9c90700"), raw("deadbeef")),
    { step: "echo-first", type: "text", payload: Buffer.from("Hello") },
    fails(1007, 1002),
  ),
  says(
    "corrupt data in a fragment fails with 1007 (RFC 7692 §7.2.2)",
    send(raw("f248", { fin: false }), more(hex("ffff")), last(hex("ff"))),
    fails(1007, 1002),
  ),
  says(
    "invalid UTF-8 in compressed text fails with 1007 (RFC 6455 §8.1)",
    send(text(hex("ceba eda080 65"), { compress: true })),
    fails(1007),
  ),
  says(
    "compressed text that ends inside a character fails with 1007 (RFC 6455 §8.1)",
    send(text(hex("ceba e1bd"), { compress: true })),
    fails(1007),
  ),
].map((each) => ({ ...each, ...plain }));
const inflated = [
  says(
    "4 MiB of zeros in 4 KiB over a limit of 64 KiB fail with 1009 while inflating (RFC 6455 §10.4, RFC 7692 §8)",
    send(frame(2, zeros, { compress: true })),
    fails(1009),
  ),
  says(
    "a compressed message of one byte over the limit fails with 1009 (RFC 6455 §10.4)",
    send(frame(2, zeros.subarray(0, 65_537), { compress: true })),
    fails(1009),
  ),
  says("a compressed message of exactly the limit is echoed (RFC 6455 §10.4)", ...through("binary", zeros.subarray(0, 65_536))),
  says(
    "compressed fragments that inflate over the limit fail with 1009 (RFC 6455 §10.4)",
    { step: "compressed", type: "binary", payload: zeros, fragments: 4 },
    fails(1009),
  ),
].map((each) => ({ ...each, ...plain, settings: small }));
const without = [
  says("RSV1 fails with 1002 where compression was not negotiated (RFC 7692 §6, RFC 6455 §5.2)", send(raw("f248cdc9c90700")), fails(1002)),
  {
    ...says(
      "a long message of one endpoint is taken without compression too (RFC 7692 §6)",
      send(text(letters(50_000))),
      echoText(letters(50_000)),
    ),
    ...plain,
  },
];

export const compression: readonly Case[] = [
  ...[...offers, ...declined, asWs, off].map((each, index): Request => ({ ...each, kind: "request", id: `12.1.${index + 1}` })),
  ...replies.map((each, index): Answer => ({ ...each, kind: "answer", id: `12.2.${index + 1}` })),
  ...numbered("13.1", traffic),
  ...numbered("13.2", examples),
  ...numbered("13.3", control),
  ...numbered("13.4", [...wrong, ...inflated, ...without]),
];
