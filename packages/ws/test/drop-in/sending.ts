import type { SendData, WebSocket } from "../../src/index.ts";
import { ended, next, type Scenario, type Stage } from "./stage.ts";

type Call = (socket: WebSocket, done: (error?: Error) => void) => void;

const calls: readonly (readonly [name: string, call: Call])[] = [
  ["send", (socket, done) => socket.send("x", done)],
  ["ping", (socket, done) => socket.ping("x", undefined, done)],
  ["pong", (socket, done) => socket.pong("x", undefined, done)],
];

/** Notes how the call ends. */
async function outcome(stage: Stage, name: string, call: (done: (error?: Error) => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    try {
      call((error) => {
        stage.note(name, "calls back", error ?? "without an error");
        resolve();
      });
    } catch (error) {
      stage.note(name, "throws", error);
      resolve();
    }
  });
}

const inStates: readonly Scenario[] = calls.flatMap(([name, call]) => [
  {
    name: `${name} while CONNECTING`,
    run: async (stage) => {
      const { url } = await stage.server();
      const client = stage.client(url);
      await outcome(stage, name, (done) => call(client, done));
      client.terminate();
      await ended(client);
    },
  },
  {
    name: `${name} while OPEN`,
    run: async (stage) => {
      const { client } = await stage.pair();
      await outcome(stage, name, (done) => call(client, done));
    },
  },
  {
    name: `${name} while CLOSING`,
    run: async (stage) => {
      const { client } = await stage.pair();
      client.close();
      await outcome(stage, name, (done) => call(client, done));
      stage.attempt("without a callback", () => call(client, undefined as never));
      await ended(client);
    },
  },
  {
    name: `${name} when CLOSED`,
    run: async (stage) => {
      const { client } = await stage.pair();
      client.close();
      await ended(client);
      await outcome(stage, name, (done) => call(client, done));
      stage.attempt("without a callback", () => call(client, undefined as never));
      stage.note(client.bufferedAmount);
    },
  },
]);

const data: readonly (readonly [name: string, data: unknown])[] = [
  ["text", "hello 你好"],
  ["an empty text", ""],
  ["a Buffer", Buffer.from("buffer")],
  ["an ArrayBuffer", new Uint8Array([104, 105]).buffer],
  ["a typed array", new Uint8Array([104, 105])],
  ["a part of a Uint16Array", new Uint16Array([1, 0x6968, 3]).subarray(1, 2)],
  ["a DataView", new DataView(new Uint8Array([120, 104, 105]).buffer, 1)],
  ["an array of numbers", [104, 105]],
  ["a number", 4.5],
  ["zero", 0],
  ["null", null],
  ["undefined", undefined],
  ["false", false],
  ["an object with valueOf", { valueOf: () => Buffer.from("valued") }],
  ["a Blob", new Blob(["from a blob"])],
  ["true", true],
  ["an object", { some: "object" }],
  ["a function", () => undefined],
];

const ofTypes: readonly Scenario[] = data.map(([name, value]) => ({
  name: `send ${name}`,
  run: async (stage) => {
    const { client, socket } = await stage.pair();
    stage.watch("server", socket);
    const last = next(socket, "ping");
    stage.attempt("send", () => void client.send(value as SendData));
    client.ping();
    await last;
  },
}));

const pingsOfTypes: readonly Scenario[] = data
  .filter(([name]) => !name.includes("Blob") && name !== "a function")
  .map(([name, value]) => ({
    name: `ping with ${name}`,
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const last = next(socket, "message");
      stage.attempt("ping", () => client.ping(value as SendData));
      client.send("last");
      await last;
    },
  }));

/** Sending: in every state, data of every type, fragments, pings that are too long. */
export const sending: readonly Scenario[] = [
  ...inStates,
  ...ofTypes,
  ...pingsOfTypes,
  ...((["ping", "pong"] as const).map((method) => ({
    name: `${method} with more than 125 bytes`,
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.attempt(method, () => client[method](Buffer.alloc(126)));
      stage.note(client.readyState);
      const heard = next(socket, "message");
      client.send("still open");
      stage.note(...(await heard));
    },
  })) satisfies Scenario[]),
  {
    name: "ping(callback), ping(data, callback) and ping(data, mask, callback)",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const last = next(socket, "message");
      await new Promise<void>((resolve) => client.ping(() => resolve()));
      await new Promise<void>((resolve) => client.ping("two", () => resolve()));
      await new Promise<void>((resolve) => client.ping("three", true, () => resolve()));
      client.send("last");
      await last;
    },
  },
  {
    name: "options of send: binary text, text as binary",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const last = next(socket, "ping");
      client.send("text", { binary: true });
      client.send(Buffer.from("bytes"), { binary: false });
      client.ping();
      await last;
    },
  },
  {
    name: "fragments are one message, with a ping between them",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const last = next(socket, "message");
      client.send("one ", { fin: false });
      client.ping("between");
      client.send("two ", { fin: false });
      client.send("three", { fin: true });
      await last;
    },
  },
  {
    name: "callbacks come in the order of the calls",
    run: async (stage) => {
      const { client } = await stage.pair();
      for (let i = 0; i < 5; i++) client.send(`${i}`, () => stage.note("sent", i));
      await new Promise<void>((resolve) => client.ping("", undefined, () => resolve()));
    },
  },
  {
    name: "bufferedAmount after the kernel took everything, and what is counted when nothing can be sent any more",
    run: async (stage) => {
      const { client } = await stage.pair();
      await new Promise<void>((resolve) => client.send("x".repeat(1000), () => resolve()));
      stage.note(client.bufferedAmount);
      client.terminate();
      await ended(client);
      client.send("12345");
      client.send(Buffer.alloc(10));
      client.ping("123");
      stage.note(client.bufferedAmount);
    },
  },
  {
    name: "bufferedAmount right after send",
    run: async (stage) => {
      const { client } = await stage.pair();
      client.send("12345");
      stage.note(client.bufferedAmount);
    },
    differs: { why: "Frames are written at the end of the turn", ours: ["11"] },
  },
  {
    name: "generateMask supplies the masking key",
    run: async (stage) => {
      const generateMask = (mask: Buffer): void => {
        stage.note("asked for", mask.length);
        mask.fill(0x20);
      };
      const { client, socket } = await stage.pair({}, { generateMask, perMessageDeflate: false });
      const heard = next(socket, "message");
      client.send("ABC");
      stage.note(...(await heard));
    },
  },
];
