import type * as web from "@openline/ws/web";
import { type Case, holds, noise, type Part, rejects, same, throws, wait } from "../realm.ts";

type Opened = web.WebSocketOpenInfo & { readonly stream: web.WebSocketStream };
type Realm = Parameters<Case["run"]>[0];

async function open({ WebSocketStream, server }: Realm, path = "/echo", options: web.WebSocketStreamOptions = {}): Promise<Opened> {
  const stream = new WebSocketStream(server + path, options);
  return { stream, ...(await stream.opened) };
}

const constructing: readonly Case[] = [
  {
    name: "the stream's constructor throws what the socket's throws (WebSockets §4 constructor)",
    run({ WebSocketStream, server }) {
      throws("TypeError", () => Reflect.construct(WebSocketStream, []));
      throws("TypeError", () => Reflect.apply(WebSocketStream, undefined, [`${server}/echo`]));
      throws("SyntaxError", () => new WebSocketStream("ws://[::1/"));
      throws("SyntaxError", () => new WebSocketStream("ftp://localhost/"));
      throws("SyntaxError", () => new WebSocketStream(`${server}/#x`));
      throws("SyntaxError", () => new WebSocketStream(server, { protocols: ["a", "a"] }));
      throws("SyntaxError", () => new WebSocketStream(server, { protocols: ["a b"] }));
      throws("TypeError", () => Reflect.construct(WebSocketStream, [server, { protocols: "text" }]));
      throws("TypeError", () => Reflect.construct(WebSocketStream, [server, { signal: {} }]));
      throws("TypeError", () => Reflect.construct(WebSocketStream, [server, "text"]));
    },
  },
  {
    name: "url is there at once; opened has the two streams, protocol and extensions (WebSockets §4 opened)",
    async run(realm) {
      const { stream, readable, writable, protocol, extensions } = await open(realm, "/subprotocol", { protocols: ["one", "two"] });
      same(stream.url, `${realm.server}/subprotocol`, "url");
      holds(readable instanceof ReadableStream && writable instanceof WritableStream, "streams");
      same([protocol, extensions.split(";", 1)[0]], ["one", "permessage-deflate"], "agreed on");
      same((await readable.getReader().read()).value, "one", "at the server");
      stream.close();
    },
  },
  ...["refuse", "wrong-accept", "no-subprotocol"].map(
    (path): Case => ({
      isHttp1: path === "wrong-accept",
      name: `the answer /${path} rejects opened and closed with a WebSocketError (WebSockets §4)`,
      async run({ WebSocketStream, WebSocketError, server }) {
        const stream = new WebSocketStream(`${server}/${path}`, { protocols: path === "no-subprotocol" ? ["a"] : [] });
        for (const promise of [stream.opened, stream.closed]) holds((await rejects(promise)) instanceof WebSocketError, "a WebSocketError");
      },
    }),
  ),
  {
    name: "a signal that is aborted already rejects both with its reason (WebSockets §4 constructor)",
    async run({ WebSocketStream, server }) {
      const reason = new Error("mine");
      const stream = new WebSocketStream(`${server}/echo`, { signal: AbortSignal.abort(reason) });
      same(
        [await rejects(stream.opened), await rejects(stream.closed)].every((found) => found === reason),
        true,
        "the reason",
      );
    },
  },
  {
    name: "a signal aborted while connecting rejects both with its reason (WebSockets §4 constructor)",
    async run({ WebSocketStream, server }) {
      const controller = new AbortController();
      const stream = new WebSocketStream(`${server}/never`, { signal: controller.signal });
      await wait(50);
      controller.abort();
      for (const promise of [stream.opened, stream.closed]) same(((await rejects(promise)) as Error).name, "AbortError", "name");
    },
  },
  {
    name: "a signal aborted after opened changes nothing (WebSockets §4 constructor)",
    async run(realm) {
      const controller = new AbortController();
      const { stream, readable, writable } = await open(realm, "/echo", { signal: controller.signal });
      controller.abort();
      await writable.getWriter().write("still here");
      same((await readable.getReader().read()).value, "still here", "echo");
      stream.close();
    },
  },
];

const exchanging: readonly Case[] = [
  {
    name: "text comes as strings, binary as Uint8Arrays; buffers and views leave as binary (WebSockets §4 write)",
    async run(realm) {
      const { stream, readable, writable } = await open(realm);
      const writer = writable.getWriter();
      const reader = readable.getReader();
      const bytes = new Uint8Array([1, 2, 3, 4]);
      for (const [chunk, wanted] of [
        ["é", "é"],
        ["", ""],
        [12 as unknown as string, "12"],
        ["\uD800", "\uFFFD"],
        [bytes.buffer, [1, 2, 3, 4]],
        [bytes.subarray(1, 3), [2, 3]],
        [new DataView(bytes.buffer, 3), [4]],
      ] as const) {
        await writer.write(chunk);
        const { value } = await reader.read();
        same(value instanceof Uint8Array ? [...value] : value, wanted, "echo");
      }
      stream.close();
    },
  },
  {
    name: "a symbol as chunk errors the writable with a TypeError (WebSockets §4 write)",
    async run(realm) {
      const { stream, writable } = await open(realm);
      same(((await rejects(writable.getWriter().write(Symbol("s") as unknown as string))) as Error).name, "TypeError", "name");
      stream.close();
    },
  },
  {
    name: "what cannot be made text, and a buffer that can be resized, are TypeErrors (Web IDL §3.2.27)",
    async run(realm) {
      const odd = { toString: (): unknown => ({}) };
      const resizable: unknown = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]);
      for (const chunk of [odd, resizable, new Uint8Array(resizable as ArrayBuffer)]) {
        const { stream, writable } = await open(realm);
        same(((await rejects(writable.getWriter().write(chunk as string))) as Error).name, "TypeError", "name");
        stream.close();
      }
    },
  },
  {
    name: "a write waits for a peer that does not read (WebSockets §4 write)",
    async run(realm) {
      const { stream, writable } = await open(realm, "/reads-later");
      const data = noise(16 << 20);
      const from = performance.now();
      await writable.getWriter().write(data);
      holds(performance.now() - from > 200, "it took as long as the peer did not read");
      stream.close();
    },
  },
  {
    name: "who does not read holds the peer back (WebSockets §4 pull)",
    async run(realm) {
      const { stream, readable, writable } = await open(realm, "/floods");
      await wait(400);
      const writer = writable.getWriter();
      await writer.write("how many?");
      const reader = readable.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read());
      const { closeCode, reason } = await stream.closed;
      same(closeCode, 4000, "closeCode");
      holds(Number(reason) < 120, `${reason} of 128 blocks left although nobody read`);
    },
  },
  {
    name: "the messages that come before the server's close can all be read, then the readable is done (WebSockets §4)",
    async run(realm) {
      const { stream, readable } = await open(realm, "/burst?count=50&code=3000&reason=bye");
      const seen: unknown[] = [];
      const reader = readable.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) seen.push(next.value);
      same(seen.length, 50, "count");
      const { closeCode, reason } = await stream.closed;
      same([closeCode, reason], [3000, "bye"], "closed");
    },
  },
];

const closeInfos: readonly [unknown, number, string][] = [
  [undefined, 1005, ""],
  [{}, 1005, ""],
  [{ reason: "" }, 1005, ""],
  [{ closeCode: 3456, reason: "pizza" }, 3456, "pizza"],
  [{ reason: "only" }, 1000, "only"],
  [{ closeCode: 1000 }, 1000, ""],
];

const ending: readonly Case[] = [
  ...closeInfos.map(
    ([info, code, reason]): Case => ({
      name: `stream: close(${JSON.stringify(info) ?? ""}) ends with ${code} ${JSON.stringify(reason)} (WebSockets §4 close)`,
      async run(realm) {
        const { stream } = await open(realm);
        Reflect.apply(stream.close, stream, info === undefined ? [] : [info]);
        const end = await stream.closed;
        same([end.closeCode, end.reason], [code, reason], "closed");
      },
    }),
  ),
  {
    name: "stream: close() refuses what may not be sent (WebSockets §4 close)",
    async run(realm) {
      const { stream } = await open(realm);
      throws("TypeError", () => Reflect.apply(stream.close, stream, [true]));
      for (const closeCode of [999, 1001, 2999, 5000]) throws("InvalidAccessError", () => stream.close({ closeCode }));
      throws("SyntaxError", () => stream.close({ reason: ".".repeat(124) }));
      stream.close();
    },
  },
  {
    name: "stream: close() while connecting rejects both with a WebSocketError (WebSockets §4 close)",
    async run({ WebSocketStream, WebSocketError, server }) {
      const stream = new WebSocketStream(`${server}/never`);
      stream.close();
      for (const promise of [stream.opened, stream.closed]) holds((await rejects(promise)) instanceof WebSocketError, "a WebSocketError");
    },
  },
  {
    name: "closing the writable is a clean close that waits for the peer (WebSockets §4)",
    async run(realm) {
      const { stream, writable } = await open(realm, "/slow-close");
      const from = performance.now();
      await writable.getWriter().close();
      holds(performance.now() - from > 150, "it was waited for");
      same((await stream.closed).closeCode, 1005, "closeCode");
    },
  },
  ...(["abort", "cancel"] as const).flatMap((method): readonly Case[] => {
    const end = async (opened: Opened, reason?: unknown): Promise<unknown> =>
      method === "abort" ? opened.writable.abort(reason) : opened.readable.cancel(reason);
    return [
      {
        name: `${method}() closes cleanly; the fields of what is no WebSocketError are not looked at (WebSockets §4)`,
        async run(realm) {
          for (const reason of [undefined, { closeCode: 3456, reason: "set" }, "text"]) {
            const opened = await open(realm);
            await end(opened, reason);
            const closed = await opened.stream.closed;
            same([closed.closeCode, closed.reason], [1005, ""], "closed");
          }
        },
      },
      {
        name: `${method}() with a WebSocketError closes with its code and reason (WebSockets §4)`,
        async run(realm) {
          const opened = await open(realm);
          await end(opened, new realm.WebSocketError("m", { closeCode: 4567, reason: "mine" }));
          const closed = await opened.stream.closed;
          same([closed.closeCode, closed.reason], [4567, "mine"], "closed");
        },
      },
    ];
  }),
  {
    name: "a close by the server: readable done, writable in error with InvalidStateError (WebSockets §4)",
    async run(realm) {
      const { stream, readable, writable } = await open(realm, "/close?code=1000");
      same((await readable.getReader().read()).done, true, "done");
      await stream.closed;
      same(((await rejects(writable.getWriter().write("x"))) as Error).name, "InvalidStateError", "write");
    },
  },
  {
    name: "a lost connection errors both streams and rejects closed with a WebSocketError of 1006 (WebSockets §4)",
    async run(realm) {
      const { stream, readable, writable } = await open(realm, "/drop");
      const reasons = [
        await rejects(stream.closed),
        await rejects(readable.getReader().read()),
        await rejects(writable.getWriter().write("x")),
      ];
      for (const reason of reasons) {
        holds(reason instanceof realm.WebSocketError, "a WebSocketError");
        same([(reason as web.WebSocketError).closeCode, (reason as web.WebSocketError).reason], [1006, ""], "fields");
      }
    },
  },
];

const errors: readonly Case[] = [
  {
    name: "WebSocketError: defaults, fields, checks, class (WebSockets §4 WebSocketError)",
    run({ WebSocketError }) {
      const plain = new WebSocketError();
      same([plain.name, plain.code, plain.message, plain.closeCode, plain.reason], ["WebSocketError", 0, "", null, ""], "defaults");
      const given = new WebSocketError("m", { closeCode: 3333, reason: "r" });
      same([given.message, given.closeCode, given.reason], ["m", 3333, "r"], "given");
      same(new WebSocketError("", { reason: "r" }).closeCode, 1000, "reason alone");
      holds(plain instanceof DOMException, "a DOMException");
      throws("InvalidAccessError", () => new WebSocketError("", { closeCode: 1001 }));
      throws("SyntaxError", () => new WebSocketError("", { closeCode: 1000, reason: "a".repeat(124) }));
      throws("TypeError", () => Reflect.get(WebSocketError.prototype, "closeCode"));
    },
  },
  ...(["url", "opened", "closed"] as const).map(
    (name): Case => ({
      name: `stream: ${name} is an enumerable accessor of the prototype (Web IDL §3.7.6)`,
      run({ WebSocketStream }) {
        const found = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name);
        same(
          [found?.enumerable, found?.configurable, typeof found?.get, typeof found?.set],
          [true, true, "function", "undefined"],
          "accessor",
        );
      },
    }),
  ),
];

export const stream: Part = { title: "stream", cases: [...constructing, ...exchanging, ...ending, ...errors] };
