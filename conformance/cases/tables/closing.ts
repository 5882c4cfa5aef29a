// 7: the closing handshake (RFC 6455 §5.5.1, §7).
import {
  answers,
  binary,
  type Case,
  chopped,
  close,
  echoText,
  echoTextFirst,
  fails,
  frame,
  hex,
  letters,
  numbered,
  ping,
  pong,
  says,
  seePong,
  send,
  text,
} from "../case.ts";

const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const bad = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 1999, 2000, 2999, 5000, 65_535];

const basic = [
  says(
    "a close frame with 1000 is answered with 1000, and the server ends TCP first (RFC 6455 §5.5.1, §7.1.1)",
    send(close(1000)),
    answers(1000),
  ),
  says("an empty close frame is answered, and no code is made up (RFC 6455 §5.5.1)", send(close()), {
    ...answers(undefined),
    lawful: [1000],
  }),
  says("a close frame of one byte fails the connection with 1002 (RFC 6455 §5.5.1)", send(frame(8, Buffer.from([3]))), fails(1002)),
  says("a close reason is taken (RFC 6455 §5.5.1)", send(close(1000, "Hello, world!")), answers(1000)),
  says("a close reason of 123 bytes is taken (RFC 6455 §5.5, §5.5.1)", send(close(1000, letters(123))), answers(1000)),
  says("a close reason of 124 bytes fails the connection with 1002 (RFC 6455 §5.5)", send(close(1000, letters(124))), fails(1002)),
  says("a close reason in Greek is taken (RFC 6455 §5.5.1)", send(close(1000, "κόσμε")), answers(1000)),
  says("a close reason with a surrogate fails with 1007 (RFC 6455 §5.5.1, §8.1)", send(close(1000, hex("ceba eda080"))), fails(1007, 1002)),
  says("a close reason cut inside a character fails with 1007 (RFC 6455 §8.1)", send(close(1000, hex("ceba e1bd"))), fails(1007, 1002)),
  says("a close frame in writes of one byte is answered (RFC 6455 §5.5.1)", chopped(1, close(1000, "bye")), answers(1000)),
  says(
    "a message before the close frame is echoed before the answer (RFC 6455 §5.5.1)",
    send(text("first"), close(1000)),
    echoText("first"),
    answers(1000),
  ),
  says(
    "a ping before the close frame is answered before the answer (RFC 6455 §5.5.2)",
    send(ping("first"), close(1000)),
    seePong("first"),
    answers(1000),
  ),
];

const after = [
  says("a second close frame is ignored (RFC 6455 §5.5.1)", send(close(1000), close(1001)), answers(1000)),
  says("E: a message after the close frame is discarded (RFC 6455 §5.5.1)", send(close(1000), text("late")), answers(1000)),
  says("a ping after the close frame is not answered (RFC 6455 §5.5.2)", send(close(1000), ping("late")), answers(1000)),
  says("a pong after the close frame is discarded (RFC 6455 §5.5.1)", send(close(1000), pong("late")), answers(1000)),
  says("a broken frame after the close frame is discarded (RFC 6455 §5.5.1)", send(close(1000), text("late", { rsv: 7 })), answers(1000)),
  says("256 KiB after the close frame are discarded (RFC 6455 §5.5.1)", send(close(1000), binary(letters(256 << 10))), answers(1000)),
  says(
    "the rest of a fragmented message after the close frame is discarded (RFC 6455 §5.5.1)",
    send(text("first", { fin: false }), close(1000), frame(0, "late")),
    answers(1000),
  ),
  says(
    "256 KiB before the close frame are echoed first (RFC 6455 §5.5.1)",
    send(text(letters(256 << 10)), close(1000)),
    echoText(letters(256 << 10)),
    answers(1000),
  ),
];

const codes = [
  ...good.map((code) =>
    says(`the close code ${code} is taken and answered (RFC 6455 §7.4.1, §7.4.2)`, send(close(code, "why")), answers(code)),
  ),
  ...bad.map((code) =>
    says(`the close code ${code} fails the connection with 1002 (RFC 6455 §7.4.1, §7.4.2)`, send(close(code)), {
      ...fails(1002),
      // Unassigned numbers might be assigned one day: an endpoint may let them pass.
      lawful: [1016, 1099, 1100, 1999, 2000, 2999].includes(code) ? [code] : [],
    }),
  ),
  ...[1005, 1006, 1015].map((code) =>
    says(`the close code ${code} with a reason fails the connection with 1002 (RFC 6455 §7.4.1)`, send(close(code, "why")), fails(1002)),
  ),
];

const local = [
  says(
    "a clean close is reported with the peer's code and reason (RFC 6455 §7.1.5, §7.1.6)",
    send(close(4001, "my reason")),
    answers(4001),
    {
      step: "local",
      code: 4001,
      reason: "my reason",
    },
  ),
  says(
    "an empty close frame is reported as 1005 (RFC 6455 §7.1.5)",
    send(close()),
    { ...answers(undefined), lawful: [1000] },
    {
      step: "local",
      code: 1005,
      reason: "",
    },
  ),
  says(
    "the end of TCP without a close frame is reported as 1006 (RFC 6455 §7.1.5)",
    { step: "end" },
    { step: "local", code: 1006, reason: "" },
  ),
  says(
    "a reset of TCP is reported as 1006 (RFC 6455 §7.1.5)",
    send(text("x")),
    echoText("x"),
    { step: "drop" },
    { step: "local", code: 1006 },
  ),
  says(
    "the end of TCP inside a frame is reported as 1006 (RFC 6455 §7.1.5)",
    { step: "begin", frame: text(letters(50)), bytes: 20 },
    { step: "end" },
    {
      step: "local",
      code: 1006,
    },
  ),
];

/** The endpoint closes at the first message. */
const closes = (title: string, ...steps: Parameters<typeof says>[1][]) => ({
  ...says(title, ...steps),
  settings: { behaviour: "close" } as const,
});
const started = [
  closes(
    "an endpoint that closes sends code and reason and nothing after them, and TCP ends after the answer (RFC 6455 §5.5.1, §7.1.2)",
    send(text("close")),
    { step: "close", codes: [1000], reason: "done", reply: true },
    { step: "local", code: 1000 },
  ),
  closes(
    "an endpoint that has sent a close frame answers no ping and sends no data (RFC 6455 §5.5.1, §5.5.2)",
    send(text("close"), ping("late"), text("late")),
    { step: "close", codes: [1000], reply: true },
  ),
  closes(
    "the code reported is the one of the peer's close frame, also when both close (RFC 6455 §7.1.5)",
    send(text("close"), close(3001, "both")),
    { step: "close", codes: [1000, 3001] },
    { step: "local", code: 3001, reason: "both" },
  ),
];

const order = {
  ...says(
    "a client that has closed waits for the server to end TCP (RFC 6455 §7.1.1)",
    send(close(1000)),
    // Not `close`, which ends TCP: the client's answer, then silence.
    { step: "closing-silence", ms: 300 },
  ),
  sides: ["client"] as const,
};

export const closing: readonly Case[] = [
  ...numbered("7.1", basic),
  ...numbered("7.2", after),
  ...numbered("7.3", codes),
  ...numbered("7.4", local),
  ...numbered("7.5", started),
  ...numbered("7.6", [
    order,
    says(
      "a failure is answered with a close frame although a message came before (RFC 6455 §7.1.7)",
      send(text("good"), frame(3, "bad")),
      echoTextFirst("good"),
      fails(1002),
    ),
    says(
      "nothing is handled after a failure (RFC 6455 §7.1.7)",
      send(frame(3, "bad"), text("late"), ping("late"), close(1000)),
      fails(1002),
    ),
  ]),
];
