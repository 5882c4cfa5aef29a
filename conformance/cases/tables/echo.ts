// 1: messages of every size, at every cut (RFC 6455 §5.2, §5.6, §6.1, §6.2).
import {
  binary,
  bytes,
  type Case,
  chopped,
  cut,
  echoBinary,
  echoText,
  letters,
  noBytes,
  numbered,
  octets,
  type Step,
  says,
  send,
  text,
} from "../case.ts";

const sizes = [0, 1, 2, 124, 125, 126, 127, 128, 254, 255, 256, 4095, 4096, 65_535, 65_536, 65_537, 1 << 20];
const large = 16 << 20;
const room = { maxPayload: 32 << 20 };
const named = (size: number): string => (size >= 1 << 20 ? `${size >> 20} MiB` : `${size} bytes`);

const ofText = sizes.map((size) =>
  says(`a text message of ${named(size)} is echoed exactly (RFC 6455 §5.2, §5.6)`, send(text(letters(size))), echoText(letters(size))),
);
const ofBinary = sizes.map((size) =>
  says(`a binary message of ${named(size)} is echoed exactly (RFC 6455 §5.2, §5.6)`, send(binary(octets(size))), echoBinary(octets(size))),
);

const chops = [1, 2, 3, 7, 64, 997].map((chop) => {
  const size = chop < 64 ? 300 : 65_536;
  const steps: Step[] = [chopped(chop, text(letters(size)), binary(octets(size))), echoText(letters(size)), echoBinary(octets(size))];
  return says(`messages of ${size} bytes in TCP writes of ${chop} bytes are echoed exactly (RFC 6455 §6.2)`, ...steps);
});

// A header has at most 14 bytes; one cut behind it.
const cutHeaders = [5, 125, 126, 65_535, 65_536].map((size) => {
  const steps = Array.from({ length: 16 }, (_, index) => index + 1).flatMap((at): Step[] =>
    at < size ? [cut([at], binary(octets(size))), echoBinary(octets(size))] : [],
  );
  return says(`a message of ${size} bytes cut at each of its first 16 bytes is echoed exactly (RFC 6455 §6.2)`, ...steps);
});

/** Three writes, at every pair of offsets of a frame of 13 bytes from a client, 9 from a server. */
const hello = bytes("hello..");
const pairs = Array.from({ length: 12 }, (_, first) =>
  Array.from({ length: 12 - first }, (_, more) => [first + 1, first + 2 + more]),
).flat();
const cutTwice = says(
  "a message of 7 bytes in three writes, cut at every pair of offsets, is echoed exactly (RFC 6455 §6.2)",
  ...pairs.flatMap((cuts): Step[] => [cut(cuts, text(hello)), echoText(hello)]),
);

const many = Array.from({ length: 64 }, (_, index) => bytes(`message ${index}`));
const together = [
  says("64 messages in one TCP write are echoed in order (RFC 6455 §6.2)", send(...many.map((each) => text(each))), ...many.map(echoText)),
  says(
    "a write that ends in the middle of the next header loses nothing (RFC 6455 §6.2)",
    cut([7, 8, 12], text("one"), text("two"), text("three")),
    echoText("one"),
    echoText("two"),
    echoText("three"),
  ),
  says(
    "text and binary keep their types, empty messages included (RFC 6455 §5.6, §6.1)",
    send(text(noBytes), binary(noBytes), text("t"), binary("b")),
    echoText(noBytes),
    echoBinary(noBytes),
    echoText("t"),
    echoBinary("b"),
  ),
  says(
    "binary data that is not UTF-8 is echoed exactly (RFC 6455 §5.6)",
    send(binary(Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0]))),
    echoBinary(Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0])),
  ),
];

export const echo: readonly Case[] = [
  ...numbered("1.1", ofText),
  ...numbered("1.2", ofBinary),
  ...numbered("1.3", chops),
  ...numbered("1.4", [...cutHeaders, cutTwice]),
  ...numbered("1.5", together),
  ...numbered("1.6", [
    {
      ...says(
        "a text message of 16 MiB is echoed exactly when the limit allows it (RFC 6455 §5.2)",
        send(text(letters(large))),
        echoText(letters(large)),
      ),
      settings: room,
      full: true,
    },
    {
      ...says(
        "a binary message of 16 MiB is echoed exactly when the limit allows it (RFC 6455 §5.2)",
        send(binary(octets(large))),
        echoBinary(octets(large)),
      ),
      settings: room,
      full: true,
    },
  ]),
];
