import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { WebSocket } from "@openline/ws";
import { WebSocketReceiver } from "../src/websocket-receiver.ts";

class FakeSocket extends EventEmitter {
  bufferedAmount = 7;
  takes = true;
  readonly did: string[] = [];

  send(text: string): boolean {
    this.did.push(text);
    return this.takes;
  }

  close(code: number): void {
    this.did.push(`close ${code}`);
    this.emit("close");
  }

  terminate(): void {
    this.did.push("terminate");
    this.emit("close");
  }
}

function begin(): { socket: FakeSocket; receiver: WebSocketReceiver; told: string[] } {
  const socket = new FakeSocket();
  const told: string[] = [];
  const receiver = new WebSocketReceiver(socket as unknown as WebSocket);
  receiver.watch({ onReady: () => told.push("ready"), onLost: () => told.push("lost") });
  return { socket, receiver, told };
}

test("it is blocked from the send that the socket would have waited for until drain", () => {
  const { socket, receiver, told } = begin();
  assert.equal(receiver.send("o"), true);
  assert.equal(receiver.isBlocked, false);
  socket.takes = false;
  receiver.send("h");
  assert.deepEqual([receiver.isBlocked, receiver.bufferedBytes], [true, 7]);
  socket.emit("drain");
  assert.deepEqual([receiver.isBlocked, told], [false, ["ready"]]);
});

test("a close that it did not ask for is a loss; after the close frame the WebSocket closes with 1000 (facts §6)", () => {
  const lost = begin();
  lost.socket.emit("close");
  assert.deepEqual(lost.told, ["lost"]);
  for (const [act, did] of [
    ["end", "close 1000"],
    ["destroy", "terminate"],
  ] as const) {
    const { socket, receiver, told } = begin();
    receiver[act]();
    assert.deepEqual([socket.did, told], [[did], []]);
  }
});
