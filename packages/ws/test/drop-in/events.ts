import type { Event } from "../../src/index.ts";
import { maskedFrame } from "../fixtures/raw-client.ts";
import { ended, next, type Scenario } from "./stage.ts";

/** Listening the DOM's way, the order of events, pause and resume. */
export const events: readonly Scenario[] = [
  {
    name: "addEventListener: each event's fields",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      client.addEventListener("message", (event) => stage.note(event.type, event.data, event.target === client, event.constructor.name));
      client.addEventListener("error", (event) =>
        stage.note(event.type, event.message, event.error instanceof Error, event.target === client),
      );
      client.addEventListener("close", (event) =>
        stage.note(event.type, event.code, event.reason, event.wasClean, event.target === client),
      );
      const heard = next(client, "message");
      socket.send("text");
      await heard;
      client.emit("error", new Error("made up"));
      const end = ended(client, socket);
      socket.close(1001, "away");
      await end;
    },
  },
  {
    name: "the open event's fields",
    run: async (stage) => {
      const { url } = await stage.server();
      const client = stage.client(url);
      const opened = next(client, "open");
      client.onopen = (event: Event) => stage.note(event.type, event.target === client, Object.keys(event).join());
      await opened;
    },
    differs: { why: "Fields of event objects are its own", ours: ["open true type,target"] },
  },
  {
    name: "wasClean is false when no close frame came",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      client.onclose = ({ code, reason, wasClean }) => stage.note(code, `"${reason}"`, wasClean);
      const end = ended(client);
      socket.terminate();
      await end;
    },
  },
  {
    name: "addEventListener twice with the same function, once, handleEvent, an unknown type",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      const twice = (): void => stage.note("twice");
      client.addEventListener("message", twice);
      client.addEventListener("message", twice);
      client.addEventListener("message", () => stage.note("once"), { once: true });
      client.addEventListener("message", { handleEvent: (event) => stage.note("handleEvent", event.data) });
      client.addEventListener("ping" as "message", () => stage.note("ping"));
      stage.note(client.listenerCount("message"), client.listenerCount("ping"));
      for (const text of ["1", "2"]) {
        const heard = next(client, "message");
        socket.send(text);
        socket.ping();
        await heard;
      }
      client.removeEventListener("message", twice);
      client.removeEventListener("message", twice);
      client.removeEventListener("open", twice as () => void);
      stage.note(client.listenerCount("message"));
    },
  },
  {
    name: "removeEventListener takes away neither an on… attribute nor a listener of on()",
    run: async (stage) => {
      const { client } = await stage.pair();
      const listener = (): void => undefined;
      client.on("message", listener);
      client.onmessage = listener;
      client.removeEventListener("message", listener);
      stage.note(client.listenerCount("message"), client.onmessage === listener);
    },
  },
  {
    name: "on… attributes: set, replaced, cleared, set to what is no function",
    run: async (stage) => {
      const { client } = await stage.pair();
      const one = (): void => undefined;
      const two = (): void => undefined;
      for (const name of ["onopen", "onmessage", "onclose", "onerror"] as const) {
        const event = name.slice(2) as "open";
        const before = client.listenerCount(event);
        client[name] = one;
        client[name] = two;
        stage.note(name, client[name] === two, client.listenerCount(event) - before);
        client[name] = "no function" as unknown as null;
        stage.note(client[name], client.listenerCount(event) - before);
        client[name] = null;
        stage.note(client[name], client.listenerCount(event) - before);
      }
    },
  },
  {
    name: "an on… attribute and addEventListener with the same function are two",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      const listener = (): void => stage.note("called");
      client.onmessage = listener;
      client.addEventListener("message", listener);
      const heard = next(client, "message");
      socket.send("x");
      await heard;
    },
  },
  {
    name: "this in listeners is the socket",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      client.on("message", function listener() {
        stage.note("on", this === client);
      });
      client.onmessage = function listener(this: unknown) {
        stage.note("onmessage", this === client);
      };
      const heard = next(client, "message");
      socket.send("x");
      await heard;
    },
  },
  {
    name: "the order of a client's events, from upgrade to close",
    run: async (stage) => {
      const { server, url } = await stage.server();
      server.on("connection", (socket) => {
        socket.send("at once");
        socket.ping("p");
        socket.close(1000, "done");
      });
      const client = stage.watch("client", stage.client(url), "upgrade", "unexpected-response", "redirect");
      await ended(client);
    },
  },
  {
    name: "the order of a server's events",
    run: async (stage) => {
      const { server, url } = await stage.server();
      server.on("headers", (lines) => stage.note("headers", lines.length));
      server.on("connection", (socket, request) => stage.note("connection", socket.readyState, request.url, server.clients.size));
      const client = stage.client(`${url}/path?query`);
      await next(client, "open");
      const end = next(server, "close");
      client.close();
      server.close();
      await end;
      stage.note("close", server.clients.size);
    },
  },
  {
    name: "pause and resume: states in which they do something",
    run: async (stage) => {
      const { url } = await stage.server();
      const client = stage.client(url);
      client.pause();
      stage.note(client.isPaused);
      await next(client, "open");
      client.pause();
      stage.note(client.isPaused);
      client.resume();
      stage.note(client.isPaused);
      client.pause();
      client.terminate();
      client.resume();
      await ended(client);
      client.pause();
      stage.note(client.isPaused);
    },
  },
  {
    name: "a paused socket emits nothing until it is resumed",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      socket.pause();
      raw.write(Buffer.concat([maskedFrame(1, "held"), maskedFrame(8, Buffer.from([3, 232]))]));
      await new Promise((resolve) => setTimeout(resolve, 20));
      stage.note("resume");
      const end = ended(socket);
      socket.resume();
      await end;
    },
  },
  {
    name: "a paused socket whose peer vanishes emits what had come, and close",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      stage.watch("server", socket);
      socket.pause();
      const written = new Promise((resolve) => raw.write(maskedFrame(1, "held"), resolve));
      await written;
      const end = ended(socket);
      socket.terminate();
      await end;
    },
  },
  {
    name: "an error without a listener is thrown where everybody sees it",
    run: async (stage) => {
      const { raw, socket } = await stage.rawPair();
      const listeners = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
      raw.write(Buffer.from([0x81, 0]));
      stage.note(await thrown);
      for (const listener of listeners) process.on("uncaughtException", listener);
      socket.terminate();
    },
  },
];
