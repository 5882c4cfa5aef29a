import type { Duplex, DuplexOptions } from "node:stream";
import type { WebSocket } from "../../src/index.ts";
import { maskedFrame } from "../fixtures/raw-client.ts";
import { ended, next, type Scenario, type Stage } from "./stage.ts";

function stream(stage: Stage, socket: WebSocket, options?: DuplexOptions): Duplex {
  const duplex = stage.lib.createWebSocketStream(socket, options);
  for (const event of ["data", "end", "finish", "close", "error"])
    duplex.on(event, (value: unknown) => stage.note("stream", event, value ?? ""));
  return duplex;
}

/** What createWebSocketStream makes of a socket. */
export const streams: readonly Scenario[] = [
  {
    name: "a stream: what is written arrives, what arrives can be read, end() closes",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      const duplex = stream(stage, client, { encoding: "utf8" });
      socket.on("message", (data, isBinary) => stage.note("server", data, isBinary));
      const far = next(socket, "close");
      const heard = next(socket, "message");
      duplex.write("written");
      await heard;
      const read = next(duplex, "data");
      socket.send("sent");
      await read;
      const end = next(duplex, "close");
      duplex.end("last");
      await end;
      stage.note(duplex.destroyed, client.readyState, ...(await far));
    },
  },
  {
    name: "a stream over a socket that is still connecting",
    run: async (stage) => {
      const { server, url } = await stage.server();
      const connection = next(server, "connection");
      const client = stage.client(url);
      const duplex = stream(stage, client);
      duplex.end("written before open");
      const [socket] = (await connection) as [WebSocket];
      const end = next(duplex, "close");
      socket.on("message", (data, isBinary) => stage.note("server", data, isBinary));
      duplex.resume();
      await end;
    },
  },
  {
    name: "the peer closes: the stream ends, and finishes when it is ended",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      const duplex = stream(stage, client);
      const readEnd = next(duplex, "end");
      socket.close(1000);
      await readEnd;
      const end = next(duplex, "close");
      duplex.end();
      await end;
    },
  },
  ...(
    [
      ["without an error", undefined],
      ["with an error", new Error("mine")],
    ] as const
  ).map(
    ([name, error]): Scenario => ({
      name: `destroy() ${name} drops the connection`,
      run: async (stage) => {
        const { client, socket } = await stage.pair();
        const duplex = stream(stage, client);
        const far = next(socket, "close");
        const end = next(duplex, "close");
        duplex.destroy(error);
        stage.note(client.readyState);
        await end;
        stage.note("far", ...(await far));
      },
    }),
  ),
  {
    name: "destroy() while connecting",
    run: async (stage) => {
      const { url } = await stage.server();
      const client = stage.client(url);
      const duplex = stream(stage, client);
      const end = next(duplex, "close");
      stage.attempt("destroy", () => void duplex.destroy());
      await end;
    },
  },
  {
    name: "an opening handshake that fails is the stream's error",
    run: async (stage) => {
      const { port } = await stage.http((_request, response) => response.writeHead(404).end());
      const duplex = stream(stage, stage.client(`ws://127.0.0.1:${port}`));
      await next(duplex, "close");
    },
  },
  {
    name: "a wrong frame is the stream's error, and the close frame still goes out",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      const duplex = stream(stage, socket);
      duplex.resume();
      const received: Buffer[] = [];
      raw.on("data", (chunk) => received.push(chunk));
      const end = next(duplex, "close");
      raw.write(Buffer.from([0x85, 0x80, 0, 0, 0, 0]));
      await end;
      stage.note(Buffer.concat(received).subarray(-4).toString("hex"));
    },
  },
  {
    name: "readableObjectMode keeps the borders between messages, and text as strings",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      const duplex = stream(stage, socket, { readableObjectMode: true });
      const end = next(duplex, "end");
      raw.write(Buffer.concat([maskedFrame(1, "a"), maskedFrame(2, "b"), maskedFrame(1, ""), maskedFrame(8, Buffer.from([3, 232]))]));
      await end;
      duplex.destroy();
      await next(duplex, "close");
    },
  },
  {
    name: "options that a stream over a socket does not have are taken away",
    run: async (stage) => {
      const { client } = await stage.pair();
      const duplex = stream(stage, client, { objectMode: true, autoDestroy: true, emitClose: true, writableObjectMode: true });
      stage.note(duplex.readableObjectMode, duplex.writableObjectMode);
      const end = ended(client);
      duplex.destroy();
      await end;
    },
  },
  {
    name: "a stream that nobody reads holds the socket back",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      const duplex = stage.lib.createWebSocketStream(client, { readableHighWaterMark: 10 });
      const heard = next(client, "message");
      socket.send("0123456789");
      await heard;
      stage.note(client.isPaused);
      duplex.resume();
      const more = next(client, "message");
      socket.send("more");
      await more;
      stage.note(client.isPaused);
    },
  },
  {
    name: "writing into a stream whose socket is closed is its error",
    run: async (stage) => {
      const { client } = await stage.pair();
      client.terminate();
      await ended(client);
      const duplex = stream(stage, client);
      const end = next(duplex, "close");
      duplex.write("late", (error) => stage.note("callback", error));
      await end;
    },
  },
];
