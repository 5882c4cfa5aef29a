import { maskedFrame } from "../fixtures/raw-client.ts";
import { ended, type Scenario, switching } from "./stage.ts";

const zeroKey = Buffer.alloc(4);

/** Header bytes, then a masking key of zeros and a payload. */
function masked(header: readonly number[], payload: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from(header), zeroKey, Buffer.from(payload)]);
}

/** What a server makes of a client's wrong frames: all are errors with the code that `ws` gives them. */
const wrong: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["RSV1 without an extension", masked([0xc1, 0x80])],
  ["RSV2", masked([0xa1, 0x80])],
  ["RSV3", masked([0x91, 0x80])],
  ["an unknown opcode 3", masked([0x83, 0x80])],
  ["an unknown opcode 11", masked([0x8b, 0x80])],
  ["a continuation of nothing", masked([0x80, 0x80])],
  ["a new message inside a fragmented one", Buffer.concat([maskedFrame(1, "a", false), maskedFrame(1, "b")])],
  ["an unmasked frame", Buffer.from([0x81, 0x01, 0x61])],
  ["a fragmented ping", masked([0x09, 0x80])],
  ["a ping of 126 bytes", masked([0x89, 0xfe, 0, 126], Buffer.alloc(126))],
  ["a close frame of one byte", masked([0x88, 0x81], "x")],
  ["a close frame with code 1005", maskedFrame(8, Buffer.from([0x03, 0xed]))],
  ["a close frame with code 999", maskedFrame(8, Buffer.from([0x03, 0xe7]))],
  ["a close reason that is not UTF-8", maskedFrame(8, Buffer.from([0x03, 0xe8, 0xff]))],
  [
    "text that is not UTF-8",
    maskedFrame(1, Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xed, 0xa0, 0x80])),
  ],
  ["a length over 2^53", masked([0x82, 0xff, 0x00, 0x20, 0, 0, 0, 0, 0, 0])],
  ["a message over maxPayload", maskedFrame(2, Buffer.alloc(101))],
  ["a fragmented message over maxPayload", Buffer.concat([maskedFrame(2, Buffer.alloc(60), false), maskedFrame(0, Buffer.alloc(60))])],
];

/** What each end makes of what the other one sends. */
export const frames: readonly Scenario[] = [
  ...wrong.map(
    ([name, bytes]): Scenario => ({
      name: `a server receives ${name}`,
      run: async (stage) => {
        const { raw, socket } = await stage.rawPair({ maxPayload: 100 });
        stage.watch("server", socket);
        const received: Buffer[] = [];
        raw.on("data", (chunk) => received.push(chunk));
        const end = ended(socket);
        raw.write(bytes);
        await end;
        stage.note("close frame", Buffer.concat(received).subarray(-4).toString("hex"));
      },
    }),
  ),
  {
    name: "a client receives a masked frame",
    run: async (stage) => {
      const { url } = await stage.rawServer((accept) => switching(accept), Buffer.from([0x81, 0x80, 0, 0, 0, 0]));
      const client = stage.watch("client", stage.client(url));
      await ended(client);
    },
  },
  {
    name: "the class of an error that the peer's frame caused",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      socket.on("error", (error) => stage.note(error instanceof RangeError, error.constructor.name));
      const end = ended(socket);
      raw.write(masked([0x83, 0x80]));
      await end;
    },
    differs: { why: "Classes of errors", ours: ["false ProtocolError"] },
  },
  {
    name: "a length that is not in its shortest form (RFC 6455 §5.2)",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      const end = ended(socket);
      raw.write(masked([0x81, 0xfe, 0, 1], "x"));
      raw.write(maskedFrame(8, Buffer.from([3, 232])));
      await end;
    },
    differs: {
      why: "Lengths that are not in their shortest form",
      ours: [
        "server error WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH: Invalid WebSocket frame: payload length 1 is not in its shortest form",
        "server close 1006 Buffer()",
      ],
    },
  },
  {
    name: "more fragments than maxFragments",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair({ maxFragments: 2 });
      stage.watch("server", socket);
      const end = ended(socket);
      raw.write(Buffer.concat([maskedFrame(1, "a", false), maskedFrame(0, "b", false), maskedFrame(0, "c")]));
      await end;
    },
  },
  {
    name: "skipUTF8Validation lets wrong text through",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair({ skipUTF8Validation: true });
      socket.on("message", (data, isBinary) => stage.note((data as Buffer).toString("hex"), isBinary));
      const end = ended(socket);
      raw.write(Buffer.concat([maskedFrame(1, Buffer.from([0xff])), maskedFrame(8, Buffer.from([3, 232]))]));
      await end;
    },
  },
  ...(["nodebuffer", "arraybuffer", "fragments", "blob"] as const).map(
    (binaryType): Scenario => ({
      name: `binaryType ${binaryType}: binary, fragmented, empty and text messages`,
      run: async (stage) => {
        const { raw, socket } = await stage.rawPair();
        socket.binaryType = binaryType;
        socket.binaryType = "nonsense" as "blob";
        stage.note(socket.binaryType);
        stage.watch("server", socket);
        socket.addEventListener("message", ({ data }) => stage.note(data));
        const end = ended(socket);
        raw.write(
          Buffer.concat([
            maskedFrame(2, "whole"),
            maskedFrame(2, "in ", false),
            maskedFrame(0, "two"),
            maskedFrame(2, ""),
            maskedFrame(1, "text"),
            maskedFrame(8, Buffer.from([3, 232])),
          ]),
        );
        await end;
      },
    }),
  ),
  {
    name: "pings are answered with their data, and emitted after the answer is queued",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const answered = new Promise((resolve) => client.once("pong", resolve));
      client.ping("data");
      stage.note(await answered);
    },
  },
  {
    name: "autoPong false leaves pings to the application",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair({ autoPong: false });
      stage.watch("server", socket);
      const received: Buffer[] = [];
      raw.on("data", (chunk) => received.push(chunk));
      const end = ended(socket);
      raw.write(Buffer.concat([maskedFrame(9, "ping"), maskedFrame(8, Buffer.from([3, 232]))]));
      await end;
      stage.note(Buffer.concat(received).toString("hex"));
    },
  },
  {
    name: "allowSynchronousEvents: several messages of one read in one turn, or one in each",
    run: async (stage) => {
      for (const allowSynchronousEvents of [true, false]) {
        const { raw, socket } = await stage.rawPair({ allowSynchronousEvents });
        let turn = 0;
        socket.on("message", (data) => {
          stage.note(allowSynchronousEvents, data, "in turn", turn);
          setImmediate(() => turn++);
        });
        const end = ended(socket);
        raw.write(Buffer.concat([maskedFrame(1, "a"), maskedFrame(1, "b"), maskedFrame(8, Buffer.from([3, 232]))]));
        await end;
      }
    },
  },
  {
    name: "what comes right behind the opening handshake is emitted",
    run: async (stage) => {
      const hello = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from("hello"), Buffer.from([0x88, 2, 3, 232])]);
      const { url, accepted } = await stage.rawServer((accept) => switching(accept), hello);
      const client = stage.watch("client", stage.client(url), "upgrade");
      (await accepted).end();
      await ended(client);
    },
  },
];
