import type * as web from "@openline/ws/web";
import { type Case, holds, next, noise, type Part, same, throws, wait } from "../realm.ts";

const texts = [
  "",
  "hello",
  "é€😀",
  "\u0000\u0001",
  "\uFEFFbom",
  "a".repeat(125),
  "a".repeat(126),
  "a".repeat(65_535),
  "a".repeat(65_536),
  "é".repeat(40_000),
  "x".repeat(300_000),
];
/** What is sent, and the text that comes back. */
const converted: readonly [unknown, string][] = [
  [null, "null"],
  [undefined, "undefined"],
  [1, "1"],
  [true, "true"],
  [{}, "[object Object]"],
  [[1, 2], "1,2"],
  ["\uD800", "\uFFFD"],
  ["a\uDC00b", "a\uFFFDb"],
  ["\uDC00\uD800", "\uFFFD\uFFFD"],
];

const eight = (): ArrayBuffer => new Uint8Array([0, 1, 2, 3, 4, 5, 6, 255]).buffer;
/** Binary data by name, and its bytes. */
const binaries: readonly [string, () => ArrayBuffer | ArrayBufferView, number[]][] = [
  ["ArrayBuffer", eight, [0, 1, 2, 3, 4, 5, 6, 255]],
  ["empty ArrayBuffer", () => new ArrayBuffer(0), []],
  ["Int8Array", () => new Int8Array(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["Uint8Array with offset", () => new Uint8Array(eight(), 2), [2, 3, 4, 5, 6, 255]],
  ["Uint8Array with offset and length", () => new Uint8Array(eight(), 2, 3), [2, 3, 4]],
  ["Uint8ClampedArray", () => new Uint8ClampedArray(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["Uint16Array with offset", () => new Uint16Array(eight(), 2, 1), [2, 3]],
  ["Int16Array", () => new Int16Array(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["Uint32Array", () => new Uint32Array(eight(), 4), [4, 5, 6, 255]],
  ["Int32Array", () => new Int32Array(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["Float32Array", () => new Float32Array(eight(), 4, 1), [4, 5, 6, 255]],
  ["Float64Array", () => new Float64Array(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["BigInt64Array", () => new BigInt64Array(eight()), [0, 1, 2, 3, 4, 5, 6, 255]],
  ["DataView", () => new DataView(eight(), 1, 2), [1, 2]],
];

const sending: readonly Case[] = [
  ...texts.map(
    (text): Case => ({
      name: `text of ${text.length} units, ${JSON.stringify(text.slice(0, 6))}, comes back unchanged (WebSockets §3.1 send)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        await next(socket, "open");
        socket.send(text);
        same((await next<MessageEvent>(socket, "message")).data, text, "data");
        socket.close();
      },
    }),
  ),
  ...converted.map(
    ([value, text]): Case => ({
      name: `send(${typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "undefined")}) sends the text ${JSON.stringify(text)} (Web IDL §3.2.12)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        await next(socket, "open");
        Reflect.apply(socket.send, socket, [value]);
        same((await next<MessageEvent>(socket, "message")).data, text, "data");
        socket.close();
      },
    }),
  ),
  ...binaries.map(
    ([name, make, bytes]): Case => ({
      name: `a ${name} is sent as the bytes that it shows (WebSockets §3.1 send)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        socket.binaryType = "arraybuffer";
        await next(socket, "open");
        const data = make();
        socket.send(data);
        same(socket.bufferedAmount, bytes.length, "bufferedAmount");
        // What was given may change afterwards.
        new Uint8Array(ArrayBuffer.isView(data) ? data.buffer : data).fill(9);
        const event = await next<MessageEvent>(socket, "message");
        holds(event.data instanceof ArrayBuffer, "an ArrayBuffer");
        same([...new Uint8Array(event.data as ArrayBuffer)], bytes, "bytes");
        socket.close();
      },
    }),
  ),
  {
    name: "a Blob is sent as its bytes, a slice and a File too (WebSockets §3.1 send)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      for (const [blob, text] of [
        [new Blob(["é", new Uint8Array([97])]), "éa"],
        [new Blob(["abcdef"]).slice(1, 3), "bc"],
        [new Blob([]), ""],
      ] as const) {
        socket.send(blob);
        const { data } = await next<MessageEvent>(socket, "message");
        holds(data instanceof Blob, "a Blob");
        same(await (data as Blob).text(), text, "its text");
      }
      socket.close();
    },
  },
  {
    name: "texts, buffers and Blobs arrive in the order of the calls (WebSockets §3.1 send)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      socket.binaryType = "arraybuffer";
      await next(socket, "open");
      const seen: string[] = [];
      const done = new Promise<void>((resolve) => {
        socket.onmessage = ({ data }: MessageEvent) => {
          seen.push(typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer));
          if (seen.length === 5) resolve();
        };
      });
      socket.send(new Blob(["1"]));
      socket.send("2");
      socket.send(new TextEncoder().encode("3"));
      socket.send(new Blob(["4".repeat(10_000)]));
      socket.send("5");
      await done;
      same(
        seen.map((text) => text[0]),
        ["1", "2", "3", "4", "5"],
        "order",
      );
      socket.close();
    },
  },
  {
    name: "send() while connecting is an InvalidStateError, and nothing is counted (WebSockets §3.1 send)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      throws("InvalidStateError", () => socket.send("x"));
      throws("InvalidStateError", () => socket.send(new Blob(["x"])));
      throws("InvalidStateError", () => socket.send(new ArrayBuffer(2)));
      same(socket.bufferedAmount, 0, "bufferedAmount");
      await next(socket, "open");
      socket.close();
    },
  },
  {
    name: "send() without an argument, or with a symbol, is a TypeError in any state (Web IDL §3.7.7)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      throws("TypeError", () => Reflect.apply(socket.send, socket, []));
      throws("TypeError", () => Reflect.apply(socket.send, socket, [Symbol("s")]));
      await next(socket, "open");
      throws("TypeError", () => Reflect.apply(socket.send, socket, []));
      socket.close();
    },
  },
  {
    name: "send() of a buffer that can be resized is a TypeError, and of a view of one (Web IDL §3.2.27)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      const resizable: unknown = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]);
      throws("TypeError", () => Reflect.apply(socket.send, socket, [resizable]));
      throws("TypeError", () => socket.send(new Uint8Array(resizable as ArrayBuffer)));
      socket.close();
    },
  },
  {
    name: "send() answers undefined (WebSockets §3.1 send)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      same(Reflect.apply(socket.send, socket, ["x"]), undefined, "answer");
      same(Reflect.apply(socket.close, socket, []), undefined, "answer");
    },
  },
];

const buffered: readonly Case[] = [
  {
    name: "bufferedAmount counts UTF-8 bytes and does not change while a task runs (WebSockets §3.1 bufferedAmount)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      same(socket.bufferedAmount, 0, "at first");
      await next(socket, "open");
      const sizes: number[] = [];
      for (const text of ["a", "é", "€", "😀", ""]) {
        socket.send(text);
        sizes.push(socket.bufferedAmount);
      }
      same(sizes, [1, 3, 6, 10, 10], "sizes");
      await Promise.resolve();
      same(socket.bufferedAmount, 10, "after a microtask");
      await next(socket, "message");
      for (let turn = 0; turn < 50 && socket.bufferedAmount > 0; turn++) await wait(10);
      same(socket.bufferedAmount, 0, "at last");
      socket.close();
    },
  },
  {
    name: "a Blob counts from the call on (WebSockets §3.1 bufferedAmount)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      socket.send(new Blob(["0123456789"]));
      same(socket.bufferedAmount, 10, "bufferedAmount");
      socket.close();
    },
  },
  {
    name: "what is sent after close() is counted, and stays so after the end (WebSockets §3.1 bufferedAmount)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      socket.close();
      socket.send("0123456789");
      same(socket.bufferedAmount, 10, "closing");
      await next(socket, "close");
      same(socket.bufferedAmount, 10, "closed");
      socket.send(new Uint8Array(5));
      socket.send(new Blob(["12345"]));
      same(socket.bufferedAmount, 20, "after more");
      await wait(20);
      same(socket.bufferedAmount, 20, "later");
    },
  },
  {
    name: "what a peer that does not read leaves unsent stays counted (WebSockets §3.1 bufferedAmount)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/never-reads`);
      await next(socket, "open");
      const data = noise(16 << 20);
      socket.send(data);
      await wait(100);
      holds(socket.bufferedAmount > 0, "something is buffered");
      socket.close();
      same(socket.readyState, 2, "readyState");
    },
  },
];

const receiving: readonly Case[] = [
  {
    name: "binaryType is `blob` at first; other values than the two are ignored (WebSockets §3.1 binaryType)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      same(socket.binaryType, "blob", "default");
      for (const [given, wanted] of [
        ["arraybuffer", "arraybuffer"],
        ["text", "arraybuffer"],
        ["", "arraybuffer"],
        ["Blob", "arraybuffer"],
        [null, "arraybuffer"],
        ["blob", "blob"],
      ] as const) {
        Reflect.set(socket, "binaryType", given);
        same(socket.binaryType, wanted, `after ${String(given)}`);
      }
      socket.close();
    },
  },
  {
    name: "binary comes as a Blob without type, or as an ArrayBuffer (WebSockets §3, message received)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/binary`);
      const { data } = await next<MessageEvent>(socket, "message");
      holds(data instanceof Blob, "a Blob");
      same([(data as Blob).size, (data as Blob).type], [4, ""], "size and type");
      same([...new Uint8Array(await (data as Blob).arrayBuffer())], [0, 1, 254, 255], "bytes");
      socket.close();
    },
  },
  {
    name: "binaryType holds from the next event on, set in a listener too (WebSockets §3, message received)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      const kinds: string[] = [];
      const done = new Promise<void>((resolve) => {
        socket.onmessage = ({ data }: MessageEvent) => {
          kinds.push(Object.prototype.toString.call(data));
          socket.binaryType = "arraybuffer";
          if (kinds.length === 2) resolve();
        };
      });
      socket.send(new Uint8Array(1));
      socket.send(new Uint8Array(1));
      await done;
      same(kinds, ["[object Blob]", "[object ArrayBuffer]"], "kinds");
      socket.close();
    },
  },
  {
    name: "a message's event: origin of the url, no last event id, no source, no ports (WebSockets §3, message received)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/subprotocol?x`, "chat");
      const event = await next<MessageEvent>(socket, "message");
      holds(event instanceof MessageEvent, "a MessageEvent");
      same([event.type, event.data, event.lastEventId, event.source, event.ports.length], ["message", "chat", "", null, 0], "fields");
      same([event.bubbles, event.cancelable, event.composed, event.target === socket], [false, false, false, true], "of every event");
      same(Reflect.get(event, "origin"), server, "origin");
      socket.close();
    },
  },
  {
    name: "each event is a task of its own: promise callbacks and nothing else run between (HTML §8.1.7)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/burst?count=5&code=1000`);
      const order: string[] = [];
      const note = (name: string): void => {
        order.push(name);
        queueMicrotask(() => order.push(`then ${name}`));
      };
      socket.onopen = () => note("open");
      socket.onmessage = ({ data }: MessageEvent) => note(String(data));
      socket.onclose = () => note("close");
      await next(socket, "close");
      await wait(0);
      same(
        order,
        ["open", "0", "1", "2", "3", "4", "close"].flatMap((name) => [name, `then ${name}`]),
        "order",
      );
    },
  },
  {
    name: "messages before the server's close frame are seen in OPEN, also in one burst (WebSockets §3)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/burst?count=100&code=1000`);
      const states: number[] = [];
      socket.onmessage = () => states.push(socket.readyState);
      await next(socket, "close");
      same(
        states,
        Array.from({ length: 100 }, () => 1),
        "states",
      );
    },
  },
  {
    name: "a message in fragments is one event, pings between are answered and not seen (RFC 6455 §5.4)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/fragments`);
      same((await next<MessageEvent>(socket, "message")).data, "fragments", "data");
      socket.close();
      same((await next<web.CloseEvent>(socket, "close")).wasClean, true, "wasClean");
    },
  },
  {
    isHttp1: true,
    name: "an answer that comes in pieces, with messages and the close right behind it: all are seen, in order (RFC 6455 §4.1)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/in-pieces`);
      const seen: string[] = [];
      socket.onopen = () => seen.push("open");
      socket.onmessage = ({ data }: MessageEvent) => seen.push(String(data));
      const { code, wasClean } = await next<web.CloseEvent>(socket, "close");
      same([...seen, code, wasClean], ["open", "a", "b", 1000, true], "events");
    },
  },
  {
    name: "the states along a connection: 0, open in 1, close in 3 (WebSockets §3.1 readyState)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      const states = [socket.readyState as number];
      socket.onopen = () => states.push(socket.readyState);
      socket.onclose = () => states.push(socket.readyState);
      await next(socket, "open");
      socket.close();
      states.push(socket.readyState);
      await next(socket, "close");
      same(states, [0, 1, 2, 3], "states");
    },
  },
];

export const messages: Part = { title: "messages", cases: [...sending, ...buffered, ...receiving] };
