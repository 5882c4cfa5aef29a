import { type Case, holds, next, type Part, same, throws } from "../realm.ts";

const attributes = [
  "url",
  "readyState",
  "bufferedAmount",
  "extensions",
  "protocol",
  "binaryType",
  "onopen",
  "onerror",
  "onclose",
  "onmessage",
] as const;
const writable = new Set<string>(["binaryType", "onopen", "onerror", "onclose", "onmessage"]);
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const handlers = ["onopen", "onerror", "onclose", "onmessage"] as const;
const readOnly: readonly (readonly [string, unknown])[] = [
  ["url", "ws://x/"],
  ["readyState", 5],
  ["bufferedAmount", 5],
  ["extensions", "x"],
  ["protocol", "x"],
];

const shape: readonly Case[] = [
  ...attributes.map(
    (name): Case => ({
      name: `${name} is an enumerable accessor of the prototype and asks whose it is (Web IDL §3.7.6)`,
      run({ WebSocket, server }) {
        const found = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
        same([found?.enumerable, found?.configurable], [true, true], "flags");
        same([typeof found?.get, typeof found?.set], ["function", writable.has(name) ? "function" : "undefined"], "accessors");
        throws("TypeError", () => Reflect.get(WebSocket.prototype, name));
        throws("TypeError", () => Reflect.apply(found?.get ?? (() => undefined), {}, []));
        if (found?.set) throws("TypeError", () => Reflect.apply(found.set!, {}, ["blob"]));
        const socket = new WebSocket(`${server}/echo`);
        same(Object.hasOwn(socket, name), false, "own");
        socket.close();
      },
    }),
  ),
  ...(["send", "close"] as const).map(
    (name): Case => ({
      name: `${name} is an enumerable function of the prototype and asks whose it is (Web IDL §3.7.7)`,
      run({ WebSocket }) {
        const found = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
        same([found?.enumerable, found?.configurable, found?.writable], [true, true, true], "flags");
        same([WebSocket.prototype[name].length, WebSocket.prototype[name].name], [name === "send" ? 1 : 0, name], "length and name");
        throws("TypeError", () => Reflect.apply(WebSocket.prototype[name], {}, ["x"]));
        throws("TypeError", () => Reflect.construct(WebSocket.prototype[name], []));
      },
    }),
  ),
  ...Object.entries(constants).map(
    ([name, value]): Case => ({
      name: `${name} is ${value} on the class, the prototype and the socket, and nothing changes it (Web IDL §3.7.5)`,
      run({ WebSocket, server }) {
        const wanted = { value, writable: false, enumerable: true, configurable: false };
        same(Object.getOwnPropertyDescriptor(WebSocket, name), wanted, "on the class");
        same(Object.getOwnPropertyDescriptor(WebSocket.prototype, name), wanted, "on the prototype");
        const socket = new WebSocket(`${server}/echo`);
        same(Reflect.set(socket, name, 5), false, "set");
        same([Reflect.get(socket, name), Reflect.deleteProperty(WebSocket, name)], [value, false], "value and delete");
        socket.close();
      },
    }),
  ),
  {
    name: "the class: name, length, prototype, and what it stands on (Web IDL §3.7)",
    run({ WebSocket }) {
      same([WebSocket.name, WebSocket.length], ["WebSocket", 1], "name and length");
      same(Object.getPrototypeOf(WebSocket) === EventTarget, true, "class of the class");
      same(Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype, true, "prototype of the prototype");
      same(Object.getOwnPropertyDescriptor(WebSocket, "prototype")?.writable, false, "prototype is writable");
      same(WebSocket.prototype.constructor === WebSocket, true, "constructor");
      const tag = Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag);
      same(tag, { value: "WebSocket", writable: false, enumerable: false, configurable: true }, "tag");
    },
  },
  {
    name: "members of the prototype that `for in` lists (Web IDL §3.7)",
    run({ WebSocket }) {
      const listed = Object.keys(WebSocket.prototype).toSorted();
      same(listed, [...attributes, "send", "close", ...Object.keys(constants)].toSorted(), "keys");
    },
  },
  ...readOnly.map(
    ([name, value]): Case => ({
      name: `${name} cannot be set, deleted from the socket, or shadowed by setting (Web IDL §3.7.6)`,
      run({ WebSocket, server }) {
        const socket = new WebSocket(`${server}/echo`);
        const before: unknown = Reflect.get(socket, name);
        throws("TypeError", () => {
          (socket as unknown as Record<string, unknown>)[name] = value;
        });
        Reflect.deleteProperty(socket, name);
        same(Reflect.get(socket, name), before, name);
        socket.close();
      },
    }),
  ),
  {
    name: "a class that extends it works, and `instanceof` holds (Web IDL §3.7.1)",
    async run({ WebSocket, server }) {
      class Mine extends WebSocket {
        readonly mine = true;
      }
      const socket = new Mine(`${server}/echo`);
      await next(socket, "open");
      same(
        [socket.mine, socket instanceof WebSocket, socket instanceof EventTarget, socket instanceof Mine],
        [true, true, true, true],
        "instance",
      );
      socket.close();
    },
  },
];

const attributeCases: readonly Case[] = handlers.flatMap((name): readonly Case[] => [
  {
    name: `${name} is null at first and gives back the function it was given (HTML §8.1.8.1)`,
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      same(socket[name], null, "at first");
      const handler = (): void => undefined;
      socket[name] = handler;
      same(socket[name] === handler, true, "after a function");
      socket.close();
    },
  },
  {
    name: `${name}: what is no object becomes null, an object is kept (Web IDL [LegacyTreatNonObjectAsNull])`,
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      for (const value of [undefined, null, 1, 0, "f", true, Symbol("f"), 1n]) {
        socket[name] = () => undefined;
        Reflect.set(socket, name, value);
        same(socket[name], null, `after ${String(value)}`);
      }
      const object = {};
      Reflect.set(socket, name, object);
      same((socket[name] as unknown) === object, true, "after an object");
      socket.close();
    },
  },
  {
    name: `${name} is called with the event and the socket as this (HTML §8.1.8.1)`,
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      let seen: unknown[] = [];
      socket[name] = function handler(this: unknown, ...given: unknown[]) {
        seen = [this === socket, given.length, given[0] === event];
      };
      const event = new Event(name.slice(2));
      socket.dispatchEvent(event);
      same(seen, [true, 1, true], "call");
      socket.close();
    },
  },
]);

const events: readonly Case[] = [
  {
    name: "a handler keeps its place when it is changed, and loses it with null (HTML §8.1.8.1)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      const order: number[] = [];
      socket.addEventListener("open", () => order.push(1));
      socket.onopen = () => order.push(0);
      socket.addEventListener("open", () => order.push(3));
      socket.onopen = () => order.push(2);
      socket.dispatchEvent(new Event("open"));
      same(order, [1, 2, 3], "changed");
      order.length = 0;
      socket.onopen = null;
      socket.onopen = () => order.push(4);
      socket.dispatchEvent(new Event("open"));
      same(order, [1, 3, 4], "null in between");
      socket.close();
    },
  },
  {
    name: "a handler that answers false cancels an event that can be (HTML §8.1.8.1)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      socket.onmessage = () => false;
      same(socket.dispatchEvent(new Event("message", { cancelable: true })), false, "answer");
      same(socket.dispatchEvent(new Event("message")), true, "answer of one that cannot");
      socket.close();
    },
  },
  {
    name: "listeners: once, signal, objects with handleEvent, no doubles, removal (DOM §2.7)",
    run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      const order: string[] = [];
      const twice = (): void => void order.push("double");
      const gone = (): void => void order.push("removed");
      const stop = new AbortController();
      socket.addEventListener("open", () => void order.push("once"), { once: true });
      socket.addEventListener("open", () => void order.push("signal"), { signal: stop.signal });
      socket.addEventListener("open", { handleEvent: () => void order.push("object") });
      socket.addEventListener("open", twice);
      socket.addEventListener("open", twice);
      socket.addEventListener("open", gone);
      socket.removeEventListener("open", gone);
      socket.addEventListener("open", null);
      socket.dispatchEvent(new Event("open"));
      stop.abort();
      socket.dispatchEvent(new Event("open"));
      same(order, ["once", "signal", "object", "double", "object", "double"], "order");
      socket.close();
    },
  },
  {
    name: "open and error are plain Events, close is a CloseEvent; none bubbles or can be cancelled (WebSockets §3)",
    async run({ WebSocket, CloseEvent, server }) {
      const socket = new WebSocket(`${server}/echo`);
      const open = await next(socket, "open");
      same([Object.getPrototypeOf(open) === Event.prototype, open.bubbles, open.cancelable], [true, false, false], "open");
      socket.close();
      const close = await next(socket, "close");
      same([close instanceof CloseEvent, close.bubbles, close.cancelable], [true, false, false], "close");
      const failed = new WebSocket(`${server}/refuse`);
      const error = await next(failed, "error");
      same([Object.getPrototypeOf(error) === Event.prototype, error.bubbles, error.cancelable], [true, false, false], "error");
    },
  },
  {
    name: "the events are trusted (DOM §2.2)",
    async run({ WebSocket, server }) {
      const socket = new WebSocket(`${server}/echo`);
      const event = await next(socket, "open");
      socket.close();
      same(event.isTrusted, true, "isTrusted");
    },
  },
  {
    name: "a dispatched CloseEvent reaches the listeners and changes no state (DOM §2.7)",
    run({ WebSocket, CloseEvent, server }) {
      const socket = new WebSocket(`${server}/echo`);
      let code = 0;
      socket.onclose = (event) => {
        code = event.code;
      };
      socket.dispatchEvent(new CloseEvent("close", { code: 4321, reason: "made up", wasClean: true }));
      same([code, socket.readyState], [4321, 0], "code and readyState");
      socket.close();
    },
  },
  {
    name: "CloseEvent: defaults, members, conversion, brand (WebSockets §3.3)",
    run({ CloseEvent }) {
      const plain = new CloseEvent("foo");
      same([plain.type, plain.wasClean, plain.code, plain.reason], ["foo", false, 0, ""], "defaults");
      const given = new CloseEvent("foo", { wasClean: true, code: 1000, reason: "asdf" });
      same([given.wasClean, given.code, given.reason], [true, 1000, "asdf"], "given");
      const odd: unknown = Reflect.construct(CloseEvent, ["foo", { wasClean: 1, code: "65536", reason: null }]);
      same(
        [Reflect.get(odd as object, "wasClean"), Reflect.get(odd as object, "code"), Reflect.get(odd as object, "reason")],
        [true, 0, "null"],
        "odd",
      );
      throws("TypeError", () => Reflect.construct(CloseEvent, []));
      throws("TypeError", () => Reflect.get(CloseEvent.prototype, "code"));
      same(Object.keys(CloseEvent.prototype).toSorted(), ["code", "reason", "wasClean"], "keys");
      same([CloseEvent.name, CloseEvent.length, String(plain)], ["CloseEvent", 1, "[object CloseEvent]"], "class");
      holds(plain instanceof Event, "an Event");
    },
  },
];

export const idl: Part = { title: "interface", cases: [...shape, ...attributeCases, ...events] };
