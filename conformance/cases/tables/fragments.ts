// 5: fragmentation, and control frames in every order (RFC 6455 §5.4).
import {
  alive,
  binary,
  type Case,
  chopped,
  close,
  echoBinary,
  echoText,
  echoTextFirst,
  fails,
  last,
  letters,
  more,
  noBytes,
  numbered,
  octets,
  ping,
  pong,
  type Step,
  says,
  seePong,
  send,
  text,
} from "../case.ts";
import type { FrameSpec } from "../frames.ts";

const first = (payload: string | Uint8Array): FrameSpec => text(payload, { fin: false });

/** The payload as a message in pieces of `size`. */
function pieces(opcode: 1 | 2, payload: Buffer, size: number): FrameSpec[] {
  const frames: FrameSpec[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const fin = at + size >= payload.length;
    frames.push({ opcode: at === 0 ? opcode : 0, fin, payload: payload.subarray(at, at + size) });
  }
  return frames;
}

const whole = [
  says("a text message in two fragments is echoed whole (RFC 6455 §5.4)", send(first("frag"), last("ment")), echoText("fragment")),
  says("a text message in three fragments is echoed whole (RFC 6455 §5.4)", send(first("a"), more("b"), last("c")), echoText("abc")),
  says(
    "a binary message in three fragments is echoed whole and as binary (RFC 6455 §5.4, §6.2)",
    send(binary(octets(10), { fin: false }), more(octets(300)), last(octets(70_000))),
    echoBinary(Buffer.concat([octets(10), octets(300), octets(70_000)])),
  ),
  says("three empty fragments are an empty message (RFC 6455 §5.4)", send(first(noBytes), more(noBytes), last(noBytes)), echoText(noBytes)),
  says("an empty first fragment is allowed (RFC 6455 §5.4)", send(first(noBytes), more("middle"), last(noBytes)), echoText("middle")),
  says("an empty last fragment is allowed (RFC 6455 §5.4)", send(first("begin"), last(noBytes)), echoText("begin")),
  says(
    "fragments sent one write at a time are echoed whole (RFC 6455 §5.4)",
    send(first("one ")),
    send(more("two ")),
    send(more("three ")),
    send(last("four")),
    echoText("one two three four"),
  ),
  says(
    "a fragmented message in writes of one byte is echoed whole (RFC 6455 §5.4, §6.2)",
    chopped(1, first("frag"), more("men"), last("ted")),
    echoText("fragmented"),
  ),
  ...[1, 64, 1000].map((size) =>
    says(
      `4,000 bytes of text in fragments of ${size} bytes are echoed whole (RFC 6455 §5.4)`,
      send(...pieces(1, letters(4000), size)),
      echoText(letters(4000)),
    ),
  ),
  ...[64, 4096, 65_536].map((size) => {
    const data = octets(1 << 20);
    const frames = pieces(2, data, size);
    return {
      ...says(`1 MiB in fragments of ${size} bytes is echoed whole (RFC 6455 §5.4)`, send(...frames), echoBinary(data)),
      settings: { maxFragments: 20_000 },
    };
  }),
  says(
    "C: a message, then another one in three fragments, are two messages (RFC 6455 §5.4)",
    send(text("hello")),
    echoText("hello"),
    send(first("and a"), more("happy new"), ping("between"), last("year!")),
    seePong("between"),
    echoText("and ahappy newyear!"),
  ),
  says(
    "a message after a fragmented one is a new message (RFC 6455 §6.2)",
    send(first("one"), last("two"), text("three"), binary("four", { fin: false }), last("five")),
    echoText("onetwo"),
    echoText("three"),
    echoBinary("fourfive"),
  ),
];

/** A ping and a pong, each in one of the gaps before, between and after three fragments. */
function interleaved(pingAt: number, pongAt: number): ReturnType<typeof says> {
  const gap = (at: number): FrameSpec[] => [...(pingAt === at ? [ping("p")] : []), ...(pongAt === at ? [pong("unsolicited")] : [])];
  const frames = [...gap(0), first("a"), ...gap(1), more("b"), ...gap(2), last("c"), ...gap(3)];
  const seen = pingAt === 3 ? [echoText("abc"), seePong("p")] : [seePong("p"), echoText("abc")];
  const where = `a ping before fragment ${pingAt + 1} and a pong before fragment ${pongAt + 1}`.replaceAll(
    "before fragment 4",
    "after the last fragment",
  );
  return says(`${where} of three are handled at once (RFC 6455 §5.4, §5.5)`, send(...frames), ...seen);
}

const orders = [0, 1, 2, 3].flatMap((pingAt) => [0, 1, 2, 3].map((pongAt) => interleaved(pingAt, pongAt)));

const control = [
  says(
    "a ping is answered while the message around it is not finished (RFC 6455 §5.4, §5.5.2)",
    send(first("never "), ping("now")),
    seePong("now"),
    send(last("late")),
    echoText("never late"),
  ),
  says(
    "ten pings between two fragments are answered in order before the echo (RFC 6455 §5.4)",
    send(first("frag"), ...Array.from({ length: 10 }, (_, index) => ping(String(index))), last("ment")),
    ...Array.from({ length: 10 }, (_, index) => seePong(String(index))),
    echoText("fragment"),
  ),
  says(
    "pings between fragments in writes of one byte are answered (RFC 6455 §5.4)",
    chopped(1, first("frag"), ping("p"), last("ment")),
    seePong("p"),
    echoText("fragment"),
  ),
  says(
    "a fragmented ping fails the connection with 1002 (RFC 6455 §5.4, §5.5)",
    send(ping("frag", { fin: false }), last("ment")),
    fails(1002),
  ),
  says("a fragmented close frame fails the connection with 1002 (RFC 6455 §5.5)", send(close(1000, "", { fin: false })), fails(1002)),
  says(
    "a close frame between fragments ends the connection without the message (RFC 6455 §5.4, §5.5.1)",
    send(first("unfinished"), close(1000)),
    { step: "close", codes: [1000], clean: true },
  ),
];

/** [what, frames, the message that may be echoed first] */
const wrong: readonly [string, readonly FrameSpec[], string?][] = [
  ["a final continuation without a start", [last("lost")]],
  ["an open continuation without a start", [more("lost")]],
  ["an empty continuation without a start", [last(noBytes)]],
  ["a continuation after a whole message", [text("whole"), last("lost")], "whole"],
  ["an open continuation after a whole message", [text("whole"), more("lost"), text("x")], "whole"],
  ["a continuation after a finished fragmented message", [first("a"), last("b"), last("c")], "ab"],
  ["a text frame inside a fragmented message", [first("a"), text("b")]],
  ["a binary frame inside a fragmented text message", [first("a"), binary("b")]],
  ["a second first fragment inside a fragmented message", [first("a"), first("b"), last("c")]],
  ["a text frame after an empty first fragment", [first(noBytes), text(noBytes)]],
  ["a text frame after two fragments", [first("a"), more("b"), text("c")]],
  ["a text frame inside a fragmented binary message", [binary("a", { fin: false }), text("b")]],
];

const broken = wrong.flatMap(([what, frames, echoed]) => {
  const seen: Step[] = [...(echoed === undefined ? [] : [echoTextFirst(echoed)]), fails(1002)];
  return [
    says(`${what} fails the connection with 1002 (RFC 6455 §5.4)`, send(...frames), ...seen),
    says(`${what}, in writes of one byte, fails with 1002 (RFC 6455 §5.4)`, chopped(1, ...frames), ...seen),
  ];
});

export const fragments: readonly Case[] = [
  ...numbered("5.1", whole),
  ...numbered("5.2", orders),
  ...numbered("5.3", control),
  ...numbered("5.4", broken),
  ...numbered("5.5", [
    {
      ...says(
        "a message of 65,600 fragments is echoed when the limit allows it (RFC 6455 §5.4)",
        send(...pieces(2, octets(65_600), 1)),
        echoBinary(octets(65_600)),
        alive,
      ),
      settings: { maxFragments: 70_000 },
    },
  ]),
];
