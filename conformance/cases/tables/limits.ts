// 8: masks, lengths and limits (RFC 6455 §5.1, §5.2, §5.3, §10.4); 9: many messages.
import {
  alive,
  binary,
  bytes,
  type Case,
  chopped,
  echoBinary,
  echoText,
  echoTextFirst,
  fails,
  frame,
  hex,
  last,
  letters,
  more,
  numbered,
  octets,
  ping,
  type Step,
  says,
  seePong,
  send,
  text,
} from "../case.ts";

const masks = [
  { name: "text frame", frame: text("wrong", { wrongMask: true }) },
  { name: "binary frame", frame: binary(octets(300), { wrongMask: true }) },
  { name: "empty frame", frame: text("", { wrongMask: true }) },
  { name: "ping", frame: ping("wrong", { wrongMask: true }) },
  { name: "close frame", frame: frame(8, hex("03e8"), { wrongMask: true }) },
].flatMap(({ name, frame }) => [
  { ...says(`an unmasked ${name} from a client fails with 1002 (RFC 6455 §5.1)`, send(frame), fails(1002)), sides: ["server"] as const },
  { ...says(`a masked ${name} from a server fails with 1002 (RFC 6455 §5.1)`, send(frame), fails(1002)), sides: ["client"] as const },
]);

const keys = [
  {
    ...says("the masking key 0 is a key like any other (RFC 6455 §5.3)", send(text("zero", { key: hex("00000000") })), echoText("zero")),
    sides: ["server"] as const,
  },
  {
    ...says(
      "the masking key FFFFFFFF is a key like any other (RFC 6455 §5.3)",
      send(text("ones", { key: hex("ffffffff") })),
      echoText("ones"),
    ),
    sides: ["server"] as const,
  },
  {
    ...says("each fragment is unmasked with its own key from its own first byte (RFC 6455 §5.3)", ...fragmentKeys()),
    sides: ["server"] as const,
  },
  {
    ...says(
      "a masked message in writes of 3 bytes is unmasked in phase (RFC 6455 §5.3)",
      chopped(3, binary(octets(1001))),
      echoBinary(octets(1001)),
    ),
    sides: ["server"] as const,
  },
  {
    ...says(
      "an unmasked frame after a masked one fails with 1002 (RFC 6455 §5.1)",
      send(text("good"), text("bad", { wrongMask: true })),
      echoTextFirst("good"),
      fails(1002),
    ),
    sides: ["server"] as const,
  },
  {
    ...says(
      "an unmasked frame fails before its payload has come (RFC 6455 §5.1)",
      { step: "begin", frame: text(letters(100), { wrongMask: true }), bytes: 0 },
      {
        ...fails(1002),
        late: [{ step: "rest" }],
      },
    ),
    sides: ["server"] as const,
  },
  {
    ...says(
      "B: the worked example's bits are a masked text frame with hello.. (RFC 6455 §5.3)",
      send(text("hello..", { key: hex("915ad354") })),
      echoText("hello.."),
    ),
    sides: ["server"] as const,
  },
  {
    ...says("the RFC's masked Hello is echoed (RFC 6455 §5.7)", send(text("Hello", { key: hex("37fa213d") })), echoText("Hello")),
    sides: ["server"] as const,
  },
];

function fragmentKeys(): Step[] {
  const parts = ["a", "bcde", "fg", "hijklmn", "", "o"];
  const frames = parts.map((part, index) => {
    const opcode = index === 0 ? 1 : 0;
    return frame(opcode, part, { fin: index === parts.length - 1, key: Buffer.from([index, 1, 2, 255 - index]) });
  });
  return [send(...frames), echoText(parts.join(""))];
}

/** [size, form]: lengths that fit into a shorter form */
const overlong: readonly [number, 16 | 64][] = [
  [0, 16],
  [1, 16],
  [124, 16],
  [125, 16],
  [0, 64],
  [124, 64],
  [126, 64],
  [65_535, 64],
];
const lengths = [
  ...overlong.map(([size, bits]) =>
    says(
      `D: a length of ${size} written in ${bits} bits fails with 1002 (RFC 6455 §5.2)`,
      send(binary(octets(size), { lengthBits: bits })),
      fails(1002),
    ),
  ),
  ...["8000000000000000", "8000000000000001", "ffffffffffffffff"].map((length) =>
    says(
      `a 64-bit length with its top bit set (${length}) fails with 1002 (RFC 6455 §5.2)`,
      send(binary("", { announce: BigInt(`0x${length}`), lengthBits: 64 })),
      fails(1002, 1009),
    ),
  ),
  ...["7fffffffffffffff", "0020000000000000", "001fffffffffffff", "0000000100000000"].map((length) => ({
    ...says(
      `a length of ${length} is over the limit and fails with 1009 from the header alone (RFC 6455 §5.2, §10.4)`,
      send(binary("", { announce: BigInt(`0x${length}`), lengthBits: 64 })),
      fails(1009),
    ),
  })),
];

const limit = 65_536;
const small = { maxPayload: limit };
const limits = [
  {
    ...says("a message of exactly the limit is echoed (RFC 6455 §10.4)", send(binary(octets(limit))), echoBinary(octets(limit))),
    settings: small,
  },
  {
    ...says("a message of one byte over the limit fails with 1009 (RFC 6455 §7.4.1, §10.4)", send(binary(octets(limit + 1))), fails(1009)),
    settings: small,
  },
  {
    ...says(
      "a message over the limit fails from the header, before its payload has come (RFC 6455 §10.4)",
      { step: "begin", frame: text(letters(limit + 1)), bytes: 0 },
      {
        ...fails(1009),
        late: [{ step: "rest" }],
      },
    ),
    settings: small,
  },
  {
    ...says(
      "fragments of exactly the limit together are echoed (RFC 6455 §10.4)",
      send(binary(octets(65_000), { fin: false }), last(octets(536))),
      echoBinary(Buffer.concat([octets(65_000), octets(536)])),
    ),
    settings: small,
  },
  {
    ...says(
      "fragments over the limit together fail with 1009 before the message is finished (RFC 6455 §10.4)",
      send(binary(octets(65_000), { fin: false }), more(octets(537))),
      { ...fails(1009), late: [send(last("end"))] },
    ),
    settings: small,
  },
  {
    ...says(
      "fragments over the limit together fail from the header of the one that is too much (RFC 6455 §10.4)",
      send(binary(octets(65_000), { fin: false })),
      { step: "begin", frame: last(octets(537)), bytes: 0 },
      { ...fails(1009), late: [{ step: "rest" }] },
    ),
    settings: small,
  },
  {
    ...says(
      "a ping between fragments does not count towards the limit (RFC 6455 §10.4)",
      send(binary(octets(65_500), { fin: false }), ping(octets(125)), last(octets(36))),
      seePong(octets(125)),
      echoBinary(Buffer.concat([octets(65_500), octets(36)])),
    ),
    settings: small,
  },
  {
    ...says(
      "the limit holds for each message, not for their sum (RFC 6455 §10.4)",
      ...Array.from({ length: 3 }, () => [send(binary(octets(limit))), echoBinary(octets(limit))]).flat(),
    ),
    settings: small,
  },
  {
    ...says(
      "a message of more fragments than allowed fails with 1008 (RFC 6455 §10.4)",
      send(text("0", { fin: false }), ...Array.from({ length: 20 }, () => more("1"))),
      fails(1008, 1009),
    ),
    settings: { maxFragments: 16 },
  },
  {
    ...says(
      "empty fragments count as fragments too (RFC 6455 §10.4)",
      send(text("", { fin: false }), ...Array.from({ length: 20 }, () => more(""))),
      fails(1008, 1009),
    ),
    settings: { maxFragments: 16 },
  },
  {
    ...says(
      "a message of exactly the allowed fragments is echoed (RFC 6455 §10.4)",
      send(text("0", { fin: false }), ...Array.from({ length: 14 }, () => more("1")), last("2")),
      echoText(`0${"1".repeat(14)}2`),
    ),
    settings: { maxFragments: 16 },
  },
];

const crowd = (count: number, payload: Buffer) => Array.from({ length: count }, () => binary(payload));
const many = [
  says(
    "10,000 empty messages in one write are echoed (RFC 6455 §6.2)",
    send(...crowd(10_000, bytes(""))),
    ...Array.from({ length: 10_000 }, () => echoBinary("")),
    alive,
  ),
  says(
    "10,000 messages of 16 bytes are echoed (RFC 6455 §6.2)",
    send(...crowd(10_000, octets(16))),
    ...Array.from({ length: 10_000 }, () => echoBinary(octets(16))),
  ),
  says(
    "20,000 messages of 64 bytes in writes of 5,000 bytes are echoed (RFC 6455 §6.2)",
    chopped(5000, ...crowd(20_000, octets(64))),
    ...Array.from({ length: 20_000 }, () => echoBinary(octets(64))),
  ),
  says(
    "2,000 messages of 4 KiB in writes of 65,537 bytes are echoed (RFC 6455 §6.2)",
    chopped(65_537, ...crowd(2000, octets(4096))),
    ...Array.from({ length: 2000 }, () => echoBinary(octets(4096))),
  ),
  says(
    "1,000 exchanges of one text each are echoed (RFC 6455 §6.2)",
    ...Array.from({ length: 1000 }, (_, index) => [send(text(`message ${index}`)), echoText(`message ${index}`)]).flat(),
  ),
  says(
    "1,000 pings in one write are answered in order (RFC 6455 §5.5.3)",
    send(...Array.from({ length: 1000 }, (_, index) => ping(`ping ${index}`))),
    ...Array.from({ length: 1000 }, (_, index) => seePong(`ping ${index}`)),
  ),
];

export const limitCases: readonly Case[] = [
  ...numbered("8.1", [...masks, ...keys]),
  ...numbered("8.2", lengths),
  ...numbered("8.3", limits),
  ...numbered("9", many),
];
