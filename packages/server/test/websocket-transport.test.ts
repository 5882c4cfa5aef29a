import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type Connection, type Hub, outgoing, type Transport } from "@openline/hub";
import { subprotocol } from "@openline/wire";
import type { PreparedFrame, WebSocket } from "@openline/ws";
import { createLog } from "../src/log.ts";
import { completeSettings } from "../src/settings.ts";
import { createSockets, joinHub, WebSocketTransport } from "../src/websocket-transport.ts";
import { openClient } from "./server-fixture.ts";

class FakeSocket extends EventEmitter {
  readonly frames: PreparedFrame[] = [];
  readonly closed: [number, string][] = [];
  hasRoom = true;
  wasClean = true;

  sendPrepared(frame: PreparedFrame): boolean {
    this.frames.push(frame);
    return this.hasRoom;
  }

  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
  }

  readonly heartbeats: unknown[] = [];

  setHeartbeat(heartbeat: unknown): void {
    this.heartbeats.push(heartbeat);
  }

  asSocket(): WebSocket {
    return this as unknown as WebSocket;
  }
}

class FakeHub {
  readonly heard: unknown[][] = [];
  transport: Transport | undefined;
  fault: Error | undefined;

  open(transport: Transport, info: unknown): Connection {
    this.transport = transport;
    this.heard.push(["open", info]);
    const hear =
      (name: string) =>
      (...values: unknown[]): void => {
        this.heard.push([name, ...values]);
        if (this.fault !== undefined) throw this.fault;
      };
    return {
      receive: hear("receive"),
      receiveBinary: hear("receiveBinary"),
      drained: hear("drained"),
      closed: hear("closed"),
    } as unknown as Connection;
  }

  asHub(): Pick<Hub, "open"> {
    return this;
  }
}

function join(): { socket: FakeSocket; hub: FakeHub; lines: string[] } {
  const socket = new FakeSocket();
  const hub = new FakeHub();
  const lines: string[] = [];
  joinHub(
    socket.asSocket(),
    hub.asHub(),
    { remoteAddress: "127.0.0.1" },
    createLog({ destination: { write: (line) => void lines.push(line) } }),
  );
  return { socket, hub, lines };
}

test("contract 9: a message for many receivers is framed once", () => {
  const message = outgoing('{"type":"pong"}');
  const sockets = Array.from({ length: 3 }, () => new FakeSocket());
  for (const socket of sockets) new WebSocketTransport(socket.asSocket()).send(message);
  const [first] = sockets[0]?.frames ?? [];
  assert.ok(first !== undefined);
  for (const socket of sockets) assert.equal(socket.frames[0], first);
});

test("what another kind of transport keeps on a message is not taken for a frame", () => {
  const message = outgoing('{"type":"pong"}');
  message.frame = 'a["x"]';
  const socket = new FakeSocket();
  new WebSocketTransport(socket.asSocket()).send(message);
  assert.equal(typeof socket.frames[0], "object");
});

test("R3: the socket's answer to send is the transport's, and its drain goes to the connection", () => {
  const { socket, hub } = join();
  assert.equal(hub.transport?.send(outgoing("{}")), true);
  socket.hasRoom = false;
  assert.equal(hub.transport?.send(outgoing("{}")), false);
  socket.emit("drain");
  assert.deepEqual(hub.heard.at(-1), ["drained"]);
});

test("text is handed on as text, binary as binary, the end with its code", () => {
  const { socket, hub } = join();
  socket.emit("message", Buffer.from("你好 👋"), false);
  socket.emit("message", Buffer.from([1]), true);
  socket.emit("close", 1000, Buffer.alloc(0));
  assert.deepEqual(hub.heard, [
    ["open", { remoteAddress: "127.0.0.1" }],
    ["receive", "你好 👋"],
    ["receiveBinary"],
    ["closed", 1000, true, undefined],
  ]);
});

test("the hub's close is the socket's", () => {
  const { socket, hub } = join();
  hub.transport?.close(4503, "too-slow");
  assert.deepEqual(socket.closed, [[4503, "too-slow"]]);
});

test("a fault while a message is handled closes that connection with 1011, is logged, and is not thrown", () => {
  const { socket, hub, lines } = join();
  hub.fault = new Error("burst");
  socket.emit("message", Buffer.from("{}"), false);
  assert.deepEqual(socket.closed, [[1011, "internal"]]);
  assert.match(lines.join(""), /burst/);
});

test("an error of the socket is no fault of the server", () => {
  const { socket, lines } = join();
  socket.emit("error", new Error("reset"));
  assert.deepEqual(lines, []);
});

test("why a transport broke is handed on with its end, for the log", () => {
  const { socket, hub } = join();
  socket.wasClean = false;
  socket.emit("error", new Error("no pong within 10000 ms"));
  socket.emit("close", 1006);
  assert.deepEqual(hub.heard.at(-1), ["closed", 1006, false, "no pong within 10000 ms"]);
});

test("the agreed heartbeat is the socket's (wire, Heartbeat)", () => {
  const { socket, hub } = join();
  hub.transport?.setHeartbeat?.({ intervalMs: 5_000, timeoutMs: 10_000 });
  assert.deepEqual(socket.heartbeats, [{ intervalMs: 5_000, timeoutMs: 10_000 }]);
});

test("of the subprotocols that a client offers the hub's is chosen, and a message may be as large as the settings say", async (t) => {
  const sockets = createSockets(completeSettings({ limits: { messageBytes: 2048 } }));
  const http = createServer().on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => undefined));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.after(() => http.close());
  const { port } = http.address() as AddressInfo;
  const client = await openClient(`ws://127.0.0.1:${port}`, ["other", subprotocol]);
  assert.equal(client.socket.protocol, subprotocol);
  client.send("x".repeat(2049));
  assert.equal((await client.ended).code, 1009);
});
