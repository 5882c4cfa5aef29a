// 2: pings and pongs (RFC 6455 §5.5.2, §5.5.3).
import {
  alive,
  bytes,
  type Case,
  chopped,
  cut,
  echoText,
  fails,
  frame,
  letters,
  numbered,
  octets,
  ping,
  pong,
  says,
  seePong,
  send,
  text,
} from "../case.ts";

const ten = Array.from({ length: 10 }, (_, index) => bytes(`ping ${index}`));
const sizes = Array.from({ length: 126 }, (_, size) => size);

export const pings: readonly Case[] = numbered("2", [
  says("an empty ping is answered with an empty pong (RFC 6455 §5.5.2)", send(ping()), seePong()),
  says("a ping with text is answered with the same text (RFC 6455 §5.5.3)", send(ping("Hello, world!")), seePong("Hello, world!")),
  says(
    "a ping with bytes that are no UTF-8 is answered with the same bytes (RFC 6455 §5.5.3)",
    send(ping(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))),
    seePong(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255])),
  ),
  says("a ping of 125 bytes is answered with the same bytes (RFC 6455 §5.5)", send(ping(octets(125))), seePong(octets(125))),
  says(
    "a ping of each size from 0 to 125 bytes is answered with the same bytes (RFC 6455 §5.5.3)",
    ...sizes.flatMap((size) => [send(ping(octets(size))), seePong(octets(size))]),
  ),
  says("a ping of 126 bytes fails the connection with 1002 (RFC 6455 §5.5)", send(ping(octets(126))), fails(1002)),
  says("a ping of 65,536 bytes fails the connection with 1002 (RFC 6455 §5.5)", send(ping(octets(65_536))), fails(1002)),
  says(
    "a ping that announces 126 bytes fails with 1002 before they have come (RFC 6455 §5.5)",
    { step: "begin", frame: ping(octets(126)), bytes: 0 },
    {
      ...fails(1002),
      late: [{ step: "rest" }],
    },
  ),
  says("a ping of 125 bytes in writes of one byte is answered (RFC 6455 §5.5.2)", chopped(1, ping(octets(125))), seePong(octets(125))),
  says(
    "ten pings in one write are answered in order (RFC 6455 §5.5.2, §5.5.3)",
    send(...ten.map((each) => ping(each))),
    ...ten.map(seePong),
  ),
  says(
    "ten pings in writes of one byte are answered in order (RFC 6455 §5.5.3)",
    chopped(1, ...ten.map((each) => ping(each))),
    ...ten.map(seePong),
  ),
  says("an unsolicited empty pong changes nothing (RFC 6455 §5.5.3)", send(pong()), alive),
  says("E: an unsolicited pong with data changes nothing (RFC 6455 §5.5.3)", send(pong("unsolicited")), alive),
  says("ten unsolicited pongs change nothing (RFC 6455 §5.5.3)", send(...ten.map((each) => pong(each))), alive),
  says(
    "an unsolicited pong before a ping does not count as its answer (RFC 6455 §5.5.3)",
    send(pong("unsolicited"), ping("ping")),
    seePong("ping"),
  ),
  says("a pong of 126 bytes fails the connection with 1002 (RFC 6455 §5.5)", send(pong(octets(126))), fails(1002)),
  says("a fragmented pong fails the connection with 1002 (RFC 6455 §5.5)", send(pong("x", { fin: false })), fails(1002)),
  says(
    "pings between messages are answered between their echoes (RFC 6455 §5.5.2)",
    ...["one", "two", "three"].flatMap((each) => [send(text(each), ping(each)), echoText(each), seePong(each)]),
  ),
  says(
    "a ping cut inside its header and inside its payload is answered (RFC 6455 §6.2)",
    cut([1, 4, 9], ping("cut into pieces")),
    seePong("cut into pieces"),
  ),
  says(
    "a ping whose length is written in 16 bits fails the connection with 1002 (RFC 6455 §5.2, §5.5)",
    send(frame(9, letters(10), { lengthBits: 16 })),
    fails(1002),
  ),
]);
