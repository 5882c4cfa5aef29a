import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { type Connection, type Hub, outgoing, type Transport } from "@openline/hub";
import type { EncodedMessage, SockjsConnection } from "@openline/sockjs";
import { createLog } from "../../src/log.ts";
import { joinSockjs, SockjsTransport } from "../../src/sockjs/sockjs-transport.ts";

class FakeConnection extends EventEmitter {
  readonly written: EncodedMessage[] = [];
  readonly closed: [number, string][] = [];
  hasRoom = true;

  writeEncoded(message: EncodedMessage): boolean {
    this.written.push(message);
    return this.hasRoom;
  }

  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
  }

  asConnection(): SockjsConnection {
    return this as unknown as SockjsConnection;
  }
}

function join(fault?: Error): { sockjs: FakeConnection; heard: unknown[][]; transport: () => Transport | undefined; lines: string[] } {
  const sockjs = new FakeConnection();
  const heard: unknown[][] = [];
  const lines: string[] = [];
  let given: Transport | undefined;
  const hear =
    (name: string) =>
    (...values: unknown[]): void => {
      heard.push([name, ...values]);
      if (fault !== undefined) throw fault;
    };
  const hub: Pick<Hub, "open"> = {
    open: (transport, info) => {
      given = transport;
      heard.push(["open", info]);
      return { receive: hear("receive"), drained: hear("drained"), closed: hear("closed") } as unknown as Connection;
    },
  };
  joinSockjs(
    sockjs.asConnection(),
    hub,
    { remoteAddress: "127.0.0.1" },
    createLog({ destination: { write: (line) => void lines.push(line) } }),
  );
  return { sockjs, heard, transport: () => given, lines };
}

test("contract 9: a message for many receivers is encoded once", () => {
  const message = outgoing('{"type":"pong"}');
  const connections = Array.from({ length: 3 }, () => new FakeConnection());
  for (const connection of connections) new SockjsTransport(connection.asConnection()).send(message);
  const [first] = connections[0]?.written ?? [];
  assert.equal(first?.text, '{"type":"pong"}');
  for (const connection of connections) assert.equal(connection.written[0], first);
});

test("what another kind of transport keeps on a message is not taken for ours", () => {
  const message = outgoing("{}");
  message.frame = { encoded: { json: "foreign" } };
  const connection = new FakeConnection();
  new SockjsTransport(connection.asConnection()).send(message);
  assert.equal(connection.written[0]?.json, '"{}"');
});

test("R3: the connection's answer to write is the transport's, and its drain goes to the hub", () => {
  const { sockjs, heard, transport } = join();
  assert.equal(transport()?.send(outgoing("{}")), true);
  sockjs.hasRoom = false;
  assert.equal(transport()?.send(outgoing("{}")), false);
  sockjs.emit("drain");
  assert.deepEqual(heard.at(-1), ["drained"]);
});

test("messages are handed on, and the end with its code: clean unless the client was lost", () => {
  for (const [code, clean] of [
    [1000, true],
    [1006, false],
  ] as const) {
    const { sockjs, heard } = join();
    sockjs.emit("data", "你好 👋");
    sockjs.emit("close", code, "why");
    assert.deepEqual(heard, [
      ["open", { remoteAddress: "127.0.0.1" }],
      ["receive", "你好 👋"],
      ["closed", code, clean, "why"],
    ]);
  }
});

test("the hub's close is the connection's", () => {
  const { sockjs, transport } = join();
  transport()?.close(4503, "too-slow");
  assert.deepEqual(sockjs.closed, [[4503, "too-slow"]]);
});

test("a fault while a message is handled closes that connection with 1011, is logged, and is not thrown", () => {
  const { sockjs, lines } = join(new Error("burst"));
  sockjs.emit("data", "{}");
  assert.deepEqual(sockjs.closed, [[1011, "internal"]]);
  assert.match(lines.join(""), /burst/);
});
