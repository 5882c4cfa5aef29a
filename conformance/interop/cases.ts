import { createHash, randomBytes } from "node:crypto";
import type { Ability, Seen, Step } from "./script.ts";

interface Ending {
  readonly code: number;
  readonly reason?: string;
}

/** One rule, and what both ends must see. The same table runs against every peer, in each direction, and through each proxy. */
export interface Case {
  readonly name: string;
  /** What the client must be able to do; likewise the server. */
  readonly client?: readonly Ability[];
  readonly server?: readonly Ability[];
  readonly compress?: boolean;
  readonly steps: readonly Step[];
  /** What the client sees between `open` and `close`. */
  readonly sees?: readonly Seen[];
  /** The end as the client sees it, and as the server does. Who closed is told only the code: what it gets back as reason is the peer's affair. */
  readonly clientClosed: Ending;
  readonly serverClosed: Ending;
  /** At most this many bytes may leave the client for what it sends, where it compresses. */
  readonly atMostBytes?: number;
}

const text = "你好，世界！ 안녕 👩‍👩‍👧‍👦🇨🇳 e\u0301 \u{10FFFF} \u0000 hello..";
const mebibyte = 1024 * 1024;
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString("base64");

const send = (data: string | Uint8Array): Step => ({ do: "send", binary: typeof data !== "string", parts: [base64(data)] });
const fragments = (data: readonly string[] | readonly Uint8Array[], binary: boolean): Step => ({
  do: "send",
  binary,
  parts: data.map(base64),
});
const awaited = (seen: "message" | "pong" | "close"): Step => ({ do: "await", seen });
const message = (data: string | Uint8Array): Seen => ({ seen: "message", binary: typeof data !== "string", data: base64(data) });
const pong = (data: string): Seen => ({ seen: "pong", data: base64(data) });
const close = (code?: number, reason?: string): Step => ({
  do: "close",
  ...(code === undefined ? {} : { code }),
  ...(reason === undefined ? {} : { reason }),
});

/** Sent one after the other, each after the echo of the one before. */
function echo(name: string, messages: readonly (string | Uint8Array)[], more: Partial<Case> = {}): Case {
  return {
    name,
    steps: [...messages.flatMap((data) => [send(data), awaited("message")]), close(1000, "done")],
    sees: messages.map(message),
    clientClosed: { code: 1000 },
    serverClosed: { code: 1000, reason: "done" },
    ...more,
  };
}

/** Sent as fragments by the client, echoed whole. */
function fragmented(name: string, parts: readonly string[] | readonly Uint8Array[], binary: boolean, more: Partial<Case> = {}): Case {
  const whole = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return {
    ...echo(name, []),
    client: ["fragments"],
    steps: [fragments(parts, binary), awaited("message"), close(1000, "done")],
    sees: [message(binary ? whole : whole.toString())],
    ...more,
  };
}

/** Sent whole by the client, echoed in fragments. */
function fragmentedBack(name: string, data: string | Uint8Array, more: Partial<Case> = {}): Case {
  return {
    ...echo(name, []),
    server: ["fragments"],
    steps: [send("!fragments"), send(data), awaited("message"), close(1000, "done")],
    sees: [message(data)],
    ...more,
  };
}

const longReason = "ü".repeat(61).concat("!"); // 123 bytes, the most that a close frame holds
const codes: readonly (readonly [number, string])[] = [
  [1000, "done"],
  [3000, ""],
  [4000, "再见 👋"],
  [4999, longReason],
  ...[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].map((code) => [code, "why"] as const),
];

/** What both ends must be able to do for a close with `code` by `closer`. */
function needs(code: number, closer: "client" | "server"): Pick<Case, "client" | "server"> {
  const known: Ability[] = code === 1014 ? ["code-1014"] : [];
  const both = { client: known, server: known };
  return code > 1000 && code < 3000 ? { ...both, [closer]: ["protocol-codes", ...known] } : both;
}

function clientCloses(code: number, reason: string): Case {
  return {
    name: `the client closes with ${code} and a reason of ${Buffer.byteLength(reason)} bytes, the server is told both (RFC 6455 §7.1.5)`,
    steps: [close(code, reason)],
    clientClosed: { code },
    serverClosed: { code, reason },
    ...needs(code, "client"),
  };
}

function serverCloses(code: number, reason: string): Case {
  return {
    name: `the server closes with ${code} and a reason of ${Buffer.byteLength(reason)} bytes, the client is told both (RFC 6455 §7.1.5)`,
    steps: [send(`!close ${code} ${reason}`), awaited("close")],
    clientClosed: { code, reason },
    serverClosed: { code },
    ...needs(code, "server"),
  };
}

const closing: readonly Case[] = [
  ...codes.map(([code, reason]) => clientCloses(code, reason)),
  ...codes.map(([code, reason]) => serverCloses(code, reason)),
  {
    name: "the client closes with an empty close frame, which counts as 1005 on both ends (RFC 6455 §7.1.5)",
    client: ["empty-close"],
    steps: [close()],
    clientClosed: { code: 1005 },
    serverClosed: { code: 1005, reason: "" },
  },
  {
    name: "the server closes with an empty close frame, which counts as 1005 on both ends (RFC 6455 §7.1.5)",
    server: ["empty-close"],
    steps: [send("!close"), awaited("close")],
    clientClosed: { code: 1005, reason: "" },
    serverClosed: { code: 1005 },
  },
];

const pings: readonly Case[] = [
  {
    ...echo("the client's pings come back as pongs with their data (RFC 6455 §5.5.3)", []),
    client: ["ping"],
    steps: [
      { do: "ping", data: base64("ping 1") },
      awaited("pong"),
      { do: "ping", data: base64("") },
      awaited("pong"),
      close(1000, "done"),
    ],
    sees: [pong("ping 1"), pong("")],
  },
  {
    ...echo("the server's ping is answered with its data (RFC 6455 §5.5.3)", []),
    server: ["ping"],
    steps: [send("!ping are you there? 在吗"), awaited("message"), close(1000, "done")],
    sees: [message("!pong are you there? 在吗")],
  },
  {
    ...echo("a ping between two fragments is answered, and the message stays whole (RFC 6455 §5.4)", []),
    client: ["fragments", "ping-between"],
    steps: [
      { do: "send", binary: false, parts: ["and a", "happy new", "year!"].map(base64), ping: base64("between") },
      awaited("pong"),
      awaited("message"),
      close(1000, "done"),
    ],
    sees: [pong("between"), message("and ahappy newyear!")],
  },
];

// Compresses well, and still differs from one message to the next.
const prose = (size: number, seed = 0): string => {
  const line = `第 ${seed} 行: the quick brown fox jumps over the lazy dog. `;
  return line.repeat(Math.ceil(size / Buffer.byteLength(line)));
};
const cutEvery = (data: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, index) => data.subarray(index * size, (index + 1) * size));

const characters = Buffer.from("片".repeat(4000));
const largeBinary = randomBytes(mebibyte);
const largeText = "漢".repeat(Math.floor(mebibyte / 3)).concat("!");

const plain: readonly Case[] = [
  echo("U: Chinese, emoji, combining characters and U+0000 come back unchanged", [text, "再", "🎉".repeat(1000)]),
  echo("binary messages come back byte for byte", [Uint8Array.from({ length: 256 }, (_, index) => index), randomBytes(5000)]),
  echo("empty messages come back as what they were, text or binary (RFC 6455 §5.6)", ["", new Uint8Array(0), "not empty", ""]),
  echo(
    "messages of each length form come back (RFC 6455 §5.2)",
    [125, 126, 65_535, 65_536].map((size) => new Uint8Array(size).fill(size)),
  ),
  echo("a binary message of 1 MiB comes back", [largeBinary]),
  echo("a text message of 1 MiB comes back", [largeText]),
  fragmented("the client's text in fragments arrives whole (RFC 6455 §5.4)", ["and a", "happy new", "year!"], false),
  fragmented(
    "the client's binary message in fragments, empty ones among them, arrives whole (RFC 6455 §5.4)",
    [new Uint8Array(0), largeBinary.subarray(0, 3000), new Uint8Array(0), largeBinary.subarray(3000, 9000), new Uint8Array(0)],
    true,
  ),
  fragmented("the client's text cut within characters is still valid text (RFC 6455 §5.6)", cutEvery(characters, 1000), false, {
    client: ["fragments", "cut-characters"],
  }),
  fragmented("the client's message of 1 MiB in 256 fragments arrives whole (RFC 6455 §5.4)", cutEvery(largeBinary, 4096), true),
  fragmentedBack("the server's text in fragments arrives whole (RFC 6455 §5.4)", prose(8000)),
  fragmentedBack("the server's binary message of 1 MiB in fragments arrives whole (RFC 6455 §5.4)", largeBinary),
];

const compressed: readonly Case[] = [
  echo("compressed: the extension is negotiated and text comes back (RFC 7692 §7.1)", [text, "", prose(2000), prose(65_536)], {
    compress: true,
  }),
  echo(
    "compressed: twenty messages in a row keep both contexts in step (RFC 7692 §7.2.1)",
    Array.from({ length: 20 }, (_, seed) => prose(2000, seed)),
    {
      compress: true,
    },
  ),
  echo("compressed: 1 MiB that compresses well takes less than a tenth of it on the wire (RFC 7692 §7.2)", [prose(mebibyte)], {
    compress: true,
    client: ["compress"],
    atMostBytes: mebibyte / 10,
  }),
  echo("compressed: what does not compress comes back too (RFC 7692 §7.2.1)", [randomBytes(70_000), largeBinary], { compress: true }),
  fragmented(
    "compressed: the client's message in fragments arrives whole (RFC 7692 §7.2.1)",
    [prose(4000), prose(2000, 1), prose(9000, 2)],
    false,
    {
      compress: true,
    },
  ),
  fragmentedBack("compressed: the server's message in fragments arrives whole (RFC 7692 §7.2.1)", prose(60_000), { compress: true }),
  echo("compressed: close frames stay uncompressed (RFC 7692 §5)", [], { compress: true }),
];

/** Every case. The largest message is 1 MiB. */
export const cases: readonly Case[] = [...plain, ...pings, ...closing, ...compressed];

/** What was seen, with long data shown by its length and digest, so that a difference can be read. */
export function readable(seen: Seen): unknown {
  if (seen.seen !== "message") return seen;
  const data = Buffer.from(seen.data, "base64");
  if (data.length <= 200) return { ...seen, data: seen.binary ? data.toString("hex") : data.toString() };
  return { ...seen, data: `${data.length} bytes, SHA-256 ${createHash("sha256").update(data).digest("hex").slice(0, 16)}` };
}
