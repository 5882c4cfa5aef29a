// 3: reserved bits; 4: reserved opcodes (RFC 6455 §5.2).
import {
  type Case,
  chopped,
  close,
  echoText,
  echoTextFirst,
  fails,
  frame,
  last,
  letters,
  noBytes,
  numbered,
  octets,
  ping,
  pong,
  type Step,
  says,
  send,
  text,
} from "../case.ts";
import type { FrameSpec } from "../frames.ts";

const bits = [1, 2, 3, 4, 5, 6, 7];
const nameOf = (rsv: number): string => ["RSV1", "RSV2", "RSV3"].filter((_, index) => (rsv >> (2 - index)) & 1).join("+");

const carriers: readonly [string, (rsv: number) => FrameSpec][] = [
  ["an empty text frame", (rsv) => text(noBytes, { rsv })],
  ["a text frame", (rsv) => text("Hello, world!", { rsv })],
  ["a binary frame of 300 bytes", (rsv) => frame(2, octets(300), { rsv })],
  ["a ping", (rsv) => ping("Hello", { rsv })],
  ["a pong", (rsv) => pong("Hello", { rsv })],
  ["a close frame", (rsv) => close(1000, "bye", { rsv })],
];

const alone = carriers.flatMap(([name, build]) =>
  bits.map((rsv) => says(`${name} with ${nameOf(rsv)} fails the connection with 1002 (RFC 6455 §5.2)`, send(build(rsv)), fails(1002))),
);

const around = bits.flatMap((rsv) => [
  says(
    `a message before a frame with ${nameOf(rsv)} is still echoed, then 1002 (RFC 6455 §5.2)`,
    send(text("good"), text("bad", { rsv }), ping("never answered")),
    echoTextFirst("good"),
    fails(1002),
  ),
  says(`a frame with ${nameOf(rsv)} in writes of one byte fails with 1002 (RFC 6455 §5.2)`, chopped(1, text("bad", { rsv })), fails(1002)),
  says(
    `a continuation with ${nameOf(rsv)} fails the connection with 1002 (RFC 6455 §5.2)`,
    send(text("first", { fin: false }), last("second", { rsv })),
    fails(1002),
  ),
]);

const early = says(
  "a frame with a reserved bit fails before its payload has come (RFC 6455 §5.2)",
  { step: "begin", frame: text(letters(100), { rsv: 1 }), bytes: 0 },
  { ...fails(1002), late: [{ step: "rest" }] },
);

const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

const ofOpcode = opcodes.flatMap((opcode) => {
  const between: Step[] = [send(text("one", { fin: false }), frame(opcode, "x"), last("two")), fails(1002)];
  return [
    says(`the reserved opcode ${opcode} without a payload fails with 1002 (RFC 6455 §5.2)`, send(frame(opcode, noBytes)), fails(1002)),
    says(`the reserved opcode ${opcode} with a payload fails with 1002 (RFC 6455 §5.2)`, send(frame(opcode, "payload")), fails(1002)),
    says(
      `a message before the reserved opcode ${opcode} is still echoed, then 1002 (RFC 6455 §5.2)`,
      send(text("good"), frame(opcode, "bad"), ping("never answered")),
      echoTextFirst("good"),
      fails(1002),
    ),
    says(`the reserved opcode ${opcode} between fragments fails with 1002 (RFC 6455 §5.2, §5.4)`, ...between),
    says(
      `the reserved opcode ${opcode} in writes of one byte fails with 1002 (RFC 6455 §5.2)`,
      chopped(1, frame(opcode, "payload")),
      fails(1002),
    ),
    says(
      `the reserved opcode ${opcode} after an exchange fails with 1002 (RFC 6455 §5.2)`,
      send(text("Hello")),
      echoText("Hello"),
      send(frame(opcode, letters(300))),
      fails(1002),
    ),
  ];
});

export const reserved: readonly Case[] = [...numbered("3.1", alone), ...numbered("3.2", [...around, early]), ...numbered("4", ofOpcode)];
