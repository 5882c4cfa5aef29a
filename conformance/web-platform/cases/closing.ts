import type * as web from "@openline/ws/web";
import { type Case, holds, next, type Part, same, throws, wait } from "../realm.ts";

const refusedCodes: readonly unknown[] = [0, 999, 1001, 1002, 1005, 1006, 1015, 2999, 5000, 65_535, -1, "x", null, Number.NaN, {}, 999.4];
/** Arguments of `close`, and what the peer answers and the event shows. */
const closes: readonly [unknown[], number, string][] = [
  [[], 1005, ""],
  [[undefined], 1005, ""],
  [[undefined, undefined], 1005, ""],
  [[undefined, ""], 1005, ""],
  [[undefined, "why"], 1000, "why"],
  [[1000], 1000, ""],
  [[1000, undefined], 1000, ""],
  [["1000"], 1000, ""],
  [[999.6], 1000, ""],
  [[1000.5], 1000, ""],
  [[3000, "library"], 3000, "library"],
  [[4999, "application"], 4999, "application"],
  [[1000, "é€😀"], 1000, "é€😀"],
  [[1000, "a".repeat(123)], 1000, "a".repeat(123)],
  [[1000, "\uD800"], 1000, "\uFFFD"],
  [[1000, null], 1000, "null"],
  [[1000, 1], 1000, "1"],
];

const named = (values: unknown): string => JSON.stringify(values, (_key, value: unknown) => (value === undefined ? "undefined" : value));

const arguments_: readonly Case[] = [
  ...refusedCodes.map(
    (code): Case => ({
      name: `close(${String(code)}) is an InvalidAccessError, before open and after (WebSockets §3.1 close)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        throws("InvalidAccessError", () => Reflect.apply(socket.close, socket, [code]));
        await next(socket, "open");
        throws("InvalidAccessError", () => Reflect.apply(socket.close, socket, [code]));
        same(socket.readyState, 1, "readyState");
        socket.close();
      },
    }),
  ),
  ...closes.map(
    ([values, code, reason]): Case => ({
      name: `close(...${named(values)}) ends with ${code} and its reason, clean (WebSockets §3.1 close)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        await next(socket, "open");
        Reflect.apply(socket.close, socket, values);
        same(socket.readyState, 2, "readyState");
        const event = await next<web.CloseEvent>(socket, "close");
        same([event.code, event.reason, event.wasClean, socket.readyState], [code, reason, true, 3], "close");
      },
    }),
  ),
  ...["a".repeat(124), "é".repeat(62), "\uD800".repeat(42)].map(
    (reason): Case => ({
      name: `a reason of ${reason.length} times ${JSON.stringify(reason[0])} is a SyntaxError (WebSockets §3.1 close)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        await next(socket, "open");
        throws("SyntaxError", () => socket.close(1000, reason));
        throws("SyntaxError", () => socket.close(undefined, reason));
        socket.close();
      },
    }),
  ),
  {
    name: "the code is looked at before the reason's length (WebSockets §3.1 close)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      throws("InvalidAccessError", () => socket.close(1001, "a".repeat(200)));
      socket.close();
    },
  },
  {
    name: "a BigInt or a symbol as code is a TypeError (Web IDL §3.3.6)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      throws("TypeError", () => Reflect.apply(socket.close, socket, [1000n]));
      throws("TypeError", () => Reflect.apply(socket.close, socket, [Symbol("c")]));
      socket.close();
    },
  },
];

const states: readonly Case[] = [
  {
    name: "close() while connecting: CLOSING at once, later error and close with 1006 (WebSockets §3.1 close)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/never`);
      const seen: string[] = [];
      for (const type of ["open", "error", "close"]) socket.addEventListener(type, (event) => seen.push(event.type));
      socket.close(3000, "x");
      same(socket.readyState, 2, "readyState");
      same(seen, [], "events at once");
      const { code, reason, wasClean } = await next<web.CloseEvent>(socket, "close");
      same([code, reason, wasClean, socket.readyState], [1006, "", false, 3], "close");
      same(seen, ["error", "close"], "events");
    },
  },
  {
    name: "close() while the handshake is on its way: the same (WebSockets §3.1 close)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/never`);
      await wait(100);
      same(socket.readyState, 0, "readyState");
      socket.close();
      await next(socket, "error");
      same((await next<web.CloseEvent>(socket, "close")).code, 1006, "code");
    },
  },
  {
    name: "close() a second time, inside the listener of close, and after it change nothing (WebSockets §3.1 close)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      let count = 0;
      socket.addEventListener("close", () => {
        count++;
        socket.close(1000);
      });
      socket.close(3001, "first");
      socket.close(3002, "second");
      const { code, reason } = await next<web.CloseEvent>(socket, "close");
      same([code, reason], [3001, "first"], "close");
      socket.close();
      await wait(50);
      same([count, socket.readyState], [1, 3], "count and readyState");
    },
  },
  {
    name: "arguments are looked at in any state (WebSockets §3.1 close)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      socket.close();
      throws("InvalidAccessError", () => socket.close(1001));
      await next(socket, "close");
      throws("InvalidAccessError", () => socket.close(1001));
      throws("SyntaxError", () => socket.close(1000, "a".repeat(124)));
    },
  },
  {
    name: "CLOSING stays until the peer has answered (WebSockets §3.1 readyState)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/slow-close`);
      await next(socket, "open");
      const from = performance.now();
      socket.close(1000);
      await wait(50);
      same(socket.readyState, 2, "readyState meanwhile");
      const { wasClean } = await next<web.CloseEvent>(socket, "close");
      holds(wasClean, "clean");
      holds(performance.now() - from > 150, "it was waited for");
    },
  },
  {
    name: "what was sent before close() arrives (WebSockets §3.1 close)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      socket.send("last words");
      const { data } = await next<MessageEvent>(socket, "message");
      same(data, "last words", "data");
      socket.send(new Blob(["a blob"]));
      socket.close(1000);
      same((await next<web.CloseEvent>(socket, "close")).wasClean, true, "wasClean");
      same(socket.bufferedAmount, 0, "bufferedAmount");
    },
  },
  {
    name: "messages that arrive after close() are not dispatched (WebSockets §3, message received)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      await next(socket, "open");
      socket.addEventListener("message", () => holds(false, "no message comes"));
      socket.send("x");
      socket.close();
      same((await next<web.CloseEvent>(socket, "close")).wasClean, true, "wasClean");
    },
  },
];

/** What the server's close frame holds, and what the event shows. */
const byServer: readonly [string, number, string][] = [
  ["", 1005, ""],
  ["?code=1000", 1000, ""],
  ["?code=1000&reason=bye", 1000, "bye"],
  ["?code=1001&reason=away", 1001, "away"],
  ["?code=1003", 1003, ""],
  ["?code=1008&reason=policy", 1008, "policy"],
  ["?code=1011", 1011, ""],
  ["?code=3000&reason=%C3%A9%E2%82%AC", 3000, "é€"],
  ["?code=4999", 4999, ""],
];

const peers: readonly Case[] = [
  ...byServer.map(
    ([query, code, reason]): Case => ({
      name: `the server closes with ${query === "" ? "no code" : query}: ${code}, clean, no error (WebSockets §3, closed)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/close${query}`);
        socket.onerror = () => holds(false, "no error");
        const event = await next<web.CloseEvent>(socket, "close");
        same([event.code, event.reason, event.wasClean, socket.readyState], [code, reason, true, 3], "close");
        same(event instanceof Event && !event.bubbles && !event.cancelable, true, "the event");
      },
    }),
  ),
  ...["reserved-bit", "not-utf8", "masked"].map(
    (path): Case => ({
      name: `a frame that the protocol forbids (/${path}) fails the connection: error, close, not clean (RFC 6455 §7.1.7)`,
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/${path}`);
        const seen: string[] = [];
        for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, (event) => seen.push(event.type));
        const { code, wasClean } = await next<web.CloseEvent>(socket, "close");
        same([code, wasClean], [1006, false], "close");
        same(seen, ["open", "error", "close"], "events");
      },
    }),
  ),
  {
    name: "a transport that ends without a close frame: 1006, not clean (RFC 6455 §7.1.5)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/drop`);
      await next(socket, "open");
      const { code, reason, wasClean } = await next<web.CloseEvent>(socket, "close");
      same([code, reason, wasClean], [1006, "", false], "close");
    },
  },
];

export const closing: Part = { title: "closing", cases: [...arguments_, ...states, ...peers] };
