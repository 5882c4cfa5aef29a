// 6: text is UTF-8, and a wrong byte fails at once (RFC 6455 §5.6, §8.1; RFC 3629 §4).
import {
  bytes,
  type Case,
  chopped,
  cut,
  echoText,
  fails,
  hex,
  last,
  letters,
  more,
  numbered,
  type Step,
  says,
  send,
  text,
} from "../case.ts";

const valid: readonly [string, string][] = [
  ["Greek", "ceba e1bdb9 cf83 cebc ceb5"],
  ["the first of two bytes, U+0080", "c280"],
  ["the last of two bytes, U+07FF", "dfbf"],
  ["the first of three bytes, U+0800", "e0a080"],
  ["the last before the surrogates, U+D7FF", "ed9fbf"],
  ["the first after the surrogates, U+E000", "ee8080"],
  ["the replacement character, U+FFFD", "efbfbd"],
  ["the noncharacter U+FFFE", "efbfbe"],
  ["the noncharacter U+FFFF", "efbfbf"],
  ["the byte order mark, U+FEFF", "efbbbf 41"],
  ["the first of four bytes, U+10000", "f0908080"],
  ["the last code point, U+10FFFF", "f48fbfbf"],
  ["U+0000", "00"],
  ["Chinese text", Buffer.from("你好,世界").toString("hex")],
  ["emoji with joiners", Buffer.from("👩‍👩‍👧‍👦🇩🇪").toString("hex")],
  ["combining characters", Buffer.from("e\u0301 Z͑ͫ̓ͪ̂ͫ").toString("hex")],
];

const good = valid.flatMap(([what, code]) => {
  const data = Buffer.concat([bytes("<"), hex(code), bytes(">")]);
  const cuts = Array.from({ length: data.length - 1 }, (_, index) => index + 1);
  const steps = cuts.flatMap((at): Step[] => [send(text(data.subarray(0, at), { fin: false }), last(data.subarray(at))), echoText(data)]);
  return [
    says(`${what} in text is echoed exactly (RFC 6455 §5.6)`, send(text(data)), echoText(data), chopped(1, text(data)), echoText(data)),
    says(`${what} in text cut into fragments at every byte is echoed exactly (RFC 6455 §5.6)`, ...steps),
  ];
});

/** [what, bytes before and with the first wrong one, bytes after it] */
const invalid: readonly [string, string, string][] = [
  ["a lone continuation byte 80", "80", ""],
  ["a lone continuation byte BF", "bf", ""],
  ["the overlong C0 80", "c0", "80"],
  ["the overlong C1 BF", "c1", "bf"],
  ["the overlong E0 80 80", "e080", "80"],
  ["the overlong E0 9F BF", "e09f", "bf"],
  ["the overlong F0 80 80 80", "f080", "8080"],
  ["the overlong F0 8F BF BF", "f08f", "bfbf"],
  ["the surrogate U+D800", "eda0", "80"],
  ["the surrogate U+DFFF", "edbf", "bf"],
  ["the surrogates of a pair", "eda0", "80edb080"],
  ["U+110000", "f490", "8080"],
  ["U+13FFFF as F4 BF BF BF", "f4bf", "bfbf"],
  ["the byte F5", "f5", "808080"],
  ["the byte F8", "f8", "88808080"],
  ["the byte FE", "fe", ""],
  ["the byte FF", "ff", ""],
  ["two bytes cut short by a letter", "c341", ""],
  ["three bytes cut short by a letter", "e28241", ""],
  ["four bytes cut short by a letter", "f0908041", ""],
];
const before = hex("ceba e1bdb9 cf83 cebc ceb5");
const after = bytes("edited");

const bad = invalid.flatMap(([what, wrong, rest]) => {
  const upTo = Buffer.concat([before, hex(wrong)]);
  const data = Buffer.concat([upTo, hex(rest), after]);
  return [
    says(`${what} in text fails the connection with 1007 (RFC 6455 §8.1)`, send(text(data)), fails(1007)),
    says(
      `${what} in a fragment fails with 1007 before the message is finished (RFC 6455 §8.1)`,
      send(text(before, { fin: false }), more(data.subarray(before.length))),
      { ...fails(1007), late: [send(last("end"))] },
    ),
    says(
      `${what} fails with 1007 at the first wrong byte, before its frame has fully come (RFC 6455 §8.1)`,
      { step: "begin", frame: text(data), bytes: upTo.length },
      { ...fails(1007), late: [{ step: "rest" }] },
    ),
    says(`${what} in writes of one byte fails with 1007 (RFC 6455 §8.1)`, chopped(1, text(data)), fails(1007)),
  ];
});

const torn = Buffer.concat([before, hex("eda080"), after]);
const everyCut = Array.from({ length: torn.length - 1 }, (_, index) =>
  says(
    `a surrogate in a message cut into fragments at byte ${index + 1} fails with 1007 (RFC 6455 §5.6, §8.1)`,
    send(text(torn.subarray(0, index + 1), { fin: false }), last(torn.subarray(index + 1))),
    fails(1007),
  ),
);

const unfinished: readonly [string, string][] = [
  ["two", "c3"],
  ["three", "e282"],
  ["four", "f09f98"],
];
const short = unfinished.flatMap(([count, code]) => [
  says(
    `a message that ends inside a character of ${count} bytes fails with 1007 (RFC 6455 §8.1)`,
    send(text(Buffer.concat([bytes("end"), hex(code)]))),
    fails(1007),
  ),
  says(
    `a fragmented message that ends inside a character of ${count} bytes fails with 1007 (RFC 6455 §8.1)`,
    send(text("be", { fin: false }), last(hex(code))),
    fails(1007),
  ),
]);

const late = [
  says(
    "a wrong byte after 60,000 good ones fails with 1007 inside the frame (RFC 6455 §8.1)",
    { step: "begin", frame: text(Buffer.concat([letters(60_000), hex("ff"), letters(1000)])), bytes: 60_001 },
    { ...fails(1007), late: [{ step: "rest" }] },
  ),
  says(
    "a character cut by a TCP segment is no fault (RFC 6455 §6.2)",
    cut([7, 8, 9], text(hex("f09f9880 f09f9880"))),
    echoText(hex("f09f9880 f09f9880")),
  ),
  says(
    "after a failure for invalid UTF-8 nothing more is read (RFC 6455 §7.1.7)",
    send(text(hex("ff")), text("ignored"), { opcode: 9, payload: bytes("ignored") }),
    fails(1007),
  ),
];

export const utf8: readonly Case[] = [
  ...numbered("6.1", good),
  ...numbered("6.2", bad),
  ...numbered("6.3", everyCut),
  ...numbered("6.4", short),
  ...numbered("6.5", late),
];
