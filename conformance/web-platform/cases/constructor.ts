import type * as web from "@openline/ws/web";
import { type Case, next, type Part, same, throws } from "../realm.ts";

const notUrls = ["ws://", "ws://a b/", "ws://[::1/", "ws://host:port/", "ws://127.0.0.1:70000/", "http://", "wss://a%/"];
const schemes = ["ftp:", "mailto:", "about:", "data:", "javascript:", "file:", "ws+unix:", "x-unknown:", "blob:"];
const fragments = ["ws://localhost/#", "ws://localhost/#a", "wss://localhost/path#a", "http://localhost/?#a", "#a", "/x#"];
const separators = ["(", ")", "<", ">", "@", ",", ";", ":", "\\", '"', "/", "[", "]", "?", "=", "{", "}", " ", "\t"];
const notTokens = ["", "a b", "ä", "世", "\u007f", "\u0000", "\u001f", "\u0080", "\r\n", "a,b", "a\u00a0"];

const addresses: readonly Case[] = [
  ...notUrls.map(
    (url): Case => ({
      name: `${JSON.stringify(url)} is no URL: SyntaxError (WebSockets §3.1 constructor)`,
      run: ({ WebSocket }) => throws("SyntaxError", () => new WebSocket(url)),
    }),
  ),
  ...schemes.map(
    (scheme): Case => ({
      name: `the scheme ${scheme} is a SyntaxError (WebSockets §3.1 constructor)`,
      run: ({ WebSocket }) => throws("SyntaxError", () => new WebSocket(`${scheme}//localhost/`)),
    }),
  ),
  ...fragments.map(
    (url): Case => ({
      name: `${JSON.stringify(url)} has a fragment: SyntaxError (WebSockets §3.1 constructor)`,
      run: ({ WebSocket }) => throws("SyntaxError", () => new WebSocket(url)),
    }),
  ),
  {
    name: "no URL at all is a TypeError (Web IDL §3.7.1)",
    run: ({ WebSocket }) => throws("TypeError", () => Reflect.construct(WebSocket, [])),
  },
  {
    name: "a symbol as URL is a TypeError (Web IDL §3.2.12)",
    run: ({ WebSocket }) => throws("TypeError", () => Reflect.construct(WebSocket, [Symbol("u")])),
  },
  {
    name: "called without `new` it is a TypeError (Web IDL §3.7.1)",
    run: ({ WebSocket, server }) => throws("TypeError", () => Reflect.apply(WebSocket, undefined, [`${server}/echo`])),
  },
];

const blocked = [1, 7, 9, 22, 25, 53, 79, 110, 119, 143, 465, 587, 993, 2049, 5060, 6000, 6566, 6667, 6697, 10_080].map(
  (port): Case => ({
    name: `port ${port} is blocked: error and close with 1006, nothing thrown (Fetch §2.9)`,
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server.replace(/:\d+$/, "")}:${port}/`);
      await next(socket, "error");
      same((await next<web.CloseEvent>(socket, "close")).code, 1006, "code");
    },
  }),
);

/** An address as given, and as `url` shows it; `{server}` and `{page}` stand for the test server. */
const shown: readonly [string, string][] = [
  ["{server}/echo", "{server}/echo"],
  ["{server}/echo?a=b c", "{server}/echo?a=b%20c"],
  ["{server}/path/../echo", "{server}/echo"],
  ["{server}/echo/é", "{server}/echo/%C3%A9"],
  [" {server}/echo ", "{server}/echo"],
  ["{page}/echo", "{server}/echo"],
  ["{page}/echo?x", "{server}/echo?x"],
  ["/echo", "{server}/echo"],
  ["echo", "{server}/web/echo"],
  ["../echo", "{server}/echo"],
  ["?x", "{server}/web/page?x"],
  ["", "{server}/web/page"],
  ["./a?b=/c", "{server}/web/a?b=/c"],
];

const urls = shown.map(
  ([given, wanted]): Case => ({
    name: `${JSON.stringify(given)} gives the url ${wanted} (WebSockets §3.1 constructor, url)`,
    run({ WebSocket, server, base }) {
      const fill = (text: string): string => text.replace("{server}", server).replace("{page}", new URL(base).origin);
      const socket = new WebSocket(fill(given));
      same(socket.url, fill(wanted), "url");
      same(socket.readyState, 0, "readyState");
      socket.close();
    },
  }),
);

const subprotocols: readonly Case[] = [
  ...[...separators, ...notTokens].map(
    (name): Case => ({
      name: `the subprotocol ${JSON.stringify(name)} is a SyntaxError (WebSockets §3.1 constructor)`,
      run: ({ WebSocket, server }) => throws("SyntaxError", () => new WebSocket(`${server}/subprotocol`, name)),
    }),
  ),
  {
    name: "a subprotocol with a separator inside is a SyntaxError, in a list too (WebSockets §3.1 constructor)",
    run({ WebSocket, server }) {
      for (const separator of separators) throws("SyntaxError", () => new WebSocket(`${server}/subprotocol`, ["ok", `a${separator}b`]));
    },
  },
  {
    name: "a subprotocol twice is a SyntaxError (WebSockets §3.1 constructor)",
    run: ({ WebSocket, server }) => throws("SyntaxError", () => new WebSocket(`${server}/subprotocol`, ["echo", "echo"])),
  },
  {
    name: "a symbol as subprotocol is a TypeError (Web IDL §3.2.11)",
    run: ({ WebSocket, server }) => throws("TypeError", () => Reflect.construct(WebSocket, [`${server}/subprotocol`, [Symbol("p")]])),
  },
];

/** Subprotocols as given, and the one that the server, which takes the first, agrees to. */
const offered: readonly [unknown, string][] = [
  ["chat", "chat"],
  [["chat", "superchat"], "chat"],
  [["echo", "eCho"], "echo"],
  [new Set(["x", "y"]), "x"],
  [[], ""],
  [undefined, ""],
  [null, "null"],
  [[1], "1"],
  ["!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09azAZ"],
];

const agreed = offered.map(
  ([given, wanted]): Case => ({
    name: `of ${given instanceof Set ? "a Set of x and y" : JSON.stringify(given)} the server takes ${JSON.stringify(wanted)} (WebSockets §3.1 protocol)`,
    async run({ WebSocket, server }) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what scripts pass
      const socket = new WebSocket(`${server}/subprotocol`, given as string);
      same(socket.protocol, "", "before open");
      await next(socket, "open");
      same(socket.protocol, wanted, "after open");
      same((await next<MessageEvent>(socket, "message")).data, wanted, "at the server");
      socket.close();
    },
  }),
);

const handshakes = ["refuse", "redirect", "other-subprotocol", "two-subprotocols", "other-extension", "wrong-accept", "no-accept"].map(
  (path): Case => ({
    isHttp1: ["two-subprotocols", "wrong-accept", "no-accept"].includes(path),
    name: `the answer /${path} fails the connection: error, then close with 1006, never open (WebSockets §2)`,
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/${path}`, path === "two-subprotocols" ? ["a", "b"] : []);
      const seen: string[] = [];
      for (const type of ["open", "error", "close"])
        socket.addEventListener(type, ({ type: name }) => seen.push(`${name} ${socket.readyState}`));
      const { code, reason, wasClean } = await next<web.CloseEvent>(socket, "close");
      same([code, reason, wasClean], [1006, "", false], "close");
      same(seen, ["error 3", "close 3"], "events");
      same([socket.protocol, socket.extensions], ["", ""], "agreed on");
    },
  }),
);

export const constructor: Part = {
  title: "constructor",
  cases: [
    ...addresses,
    ...blocked,
    ...urls,
    ...subprotocols,
    ...agreed,
    ...handshakes,
    {
      name: "an answer without subprotocol to an offer of some fails the connection (WebSockets §2, step 11)",
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/no-subprotocol`, "chat");
        await next(socket, "error");
        same((await next<web.CloseEvent>(socket, "close")).code, 1006, "code");
      },
    },
    {
      name: "user and password of the URL are given to a server that asks for them (Fetch §4.6)",
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server.replace("://", "://foo:bar@")}/asks-who`);
        const { data } = await next<MessageEvent>(socket, "message");
        same(JSON.parse(String(data)).authorization, "Basic Zm9vOmJhcg==", "authorization");
        socket.close();
      },
    },
    {
      name: "the page's origin goes along as Origin (RFC 6455 §4.1, item 8)",
      async run({ WebSocket, server, base }) {
        const socket = new WebSocket(`${server}/request?x=y`);
        const { data } = await next<MessageEvent>(socket, "message");
        const { url, origin } = JSON.parse(String(data)) as { url: string; origin: string };
        same([url, origin], ["/request?x=y", new URL(base).origin], "request");
        socket.close();
      },
    },
    {
      name: "extensions are empty before open, and as the server wrote them then (WebSockets §3.1 extensions)",
      async run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        same(socket.extensions, "", "before open");
        await next(socket, "open");
        same(socket.extensions.split(";", 1)[0], "permessage-deflate", "after open");
        socket.close();
      },
    },
  ],
};
