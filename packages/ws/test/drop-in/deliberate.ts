import { upgradeRequest } from "../fixtures/raw-client.ts";
import { ended, next, type Scenario, switching } from "./stage.ts";

/** What is unlike `ws` and is shown nowhere else in the table. */
export const deliberate: readonly Scenario[] = [
  {
    name: "a listener set after open was awaited hears what came right behind the handshake",
    run: async (stage) => {
      const hello = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from("hello"), Buffer.from([0x88, 2, 3, 232])]);
      const { url, accepted } = await stage.rawServer((accept) => switching(accept), hello);
      const client = stage.client(url);
      await next(client, "open");
      client.on("message", (data) => stage.note(data));
      const end = ended(client);
      (await accepted).end();
      await end;
    },
    differs: { why: "What comes right behind the opening handshake waits a turn", ours: ["Buffer(hello)"] },
  },
  {
    name: "mask: false on a client",
    run: async (stage) => {
      const { client, socket } = await stage.pair({}, { perMessageDeflate: false });
      stage.watch("server", socket);
      const heard = Promise.race([next(socket, "message"), next(socket, "error")]);
      client.send("x", { mask: false });
      await heard;
    },
    differs: { why: "Clients always mask, servers never", ours: ["server message Buffer(x) false"] },
  },
  {
    name: "mask: true on a server",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("client", client);
      const heard = Promise.race([next(client, "message"), next(client, "error")]);
      socket.send("x", { mask: true });
      await heard;
    },
    differs: { why: "Clients always mask, servers never", ours: ["client message Buffer(x) false"] },
  },
  {
    name: "what send returns",
    run: async (stage) => {
      const { client } = await stage.pair();
      stage.note(client.send("x") as unknown);
    },
    differs: { why: "send() returns whether there is room", ours: ["true"] },
  },
  {
    name: "a shouldHandle that answers later",
    run: async (stage) => {
      const { server, port } = await stage.server();
      server.shouldHandle = async () => Promise.resolve(false);
      const raw = await stage.raw(port);
      raw.write(upgradeRequest());
      stage.note(String((await next(raw, "data"))[0]).split("\r\n", 1)[0]);
    },
    differs: { why: "shouldHandle may answer later", ours: ["HTTP/1.1 400 Bad Request"] },
  },
  {
    name: "a request whose Upgrade field is a list (RFC 6455 §4.2.1)",
    run: async (stage) => {
      const { port } = await stage.server();
      const raw = await stage.raw(port);
      raw.write(upgradeRequest({ Upgrade: "h2c, WebSocket" }));
      stage.note(String((await next(raw, "data"))[0]).split("\r\n", 1)[0]);
    },
    differs: { why: "The request's Upgrade, Connection and Host fields", ours: ["HTTP/1.1 101 Switching Protocols"] },
  },
  {
    name: "a close reason that is not UTF-8 (RFC 6455 §5.5.1)",
    run: async (stage) => {
      const { client, socket } = await stage.pair();
      stage.watch("server", socket);
      const end = ended(socket);
      client.close(1000, Buffer.from([0xff]));
      await end;
    },
    differs: { why: "Close reasons are always UTF-8", ours: ["server close 1000 Buffer(\ufffd)"] },
  },
  {
    name: "a handshake that comes byte by byte and takes longer than handshakeTimeout",
    run: async (stage) => {
      const { http, url } = await stage.http();
      http.on("upgrade", (_request, socket) => {
        const bytes = Array.from("HTTP/1.1 400 Bad Request\r\n\r\n");
        const timer = setInterval(() => {
          const byte = bytes.shift();
          if (byte === undefined) socket.end();
          else socket.write(byte);
        }, 30);
        stage.end(() => clearInterval(timer));
        // A client that gives up with bytes unread resets the connection.
        socket.on("error", () => undefined).on("close", () => clearInterval(timer));
      });
      await ended(stage.watch("client", stage.client(url, [], { handshakeTimeout: 600 })));
    },
    differs: {
      why: "handshakeTimeout is for the whole handshake",
      ours: ["client error Error: Opening handshake has timed out", "client close 1006 Buffer()"],
    },
  },
  {
    name: "send does not go through _sender",
    run: async (stage) => {
      const { socket, client } = await stage.pair();
      const sender = socket._sender;
      if (sender !== null) sender.sendFrame = () => stage.note("sendFrame");
      const heard = next(client, "ping");
      socket.send("x");
      if (sender !== null) Reflect.deleteProperty(sender, "sendFrame");
      socket.ping();
      await heard;
    },
    differs: { why: "What begins with an underscore", ours: [] },
  },
];
