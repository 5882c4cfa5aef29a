import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { Channel, type ChannelEnd, type ChannelOwner, queueTask } from "../../src/web/channel.ts";
import { listen } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

interface Heard extends ChannelOwner {
  readonly list: string[];
  end: ChannelEnd | undefined;
}

function listener(): Heard {
  const list: string[] = [];
  return {
    list,
    end: undefined,
    opened: (subprotocol, extensions) => void list.push(`opened ${subprotocol} ${extensions}`),
    received: (data) => void list.push(`received ${typeof data === "string" ? data : data.byteLength}`),
    closing: () => void list.push("closing"),
    closed(end) {
      list.push("closed");
      this.end = end;
    },
  };
}

test("tasks run in the order in which they were queued, with promise callbacks between them (HTML Standard §8.1.7)", async () => {
  const order: number[] = [];
  queueTask(() => {
    queueMicrotask(() => order.push(2));
    order.push(1);
  });
  queueTask(() => void order.push(3));
  await settle();
  await settle();
  assert.deepEqual(order, [1, 2, 3]);
});

test("what comes in one read is told task by task: opened, messages, closing, closed (WebSockets Standard §3)", async (t) => {
  const { server, url } = await listen(t, { perMessageDeflate: true });
  server.on("connection", (socket) => {
    socket.send("a");
    socket.send(Buffer.alloc(300));
    socket.close(4000, "bye");
  });
  const heard = listener();
  void new Channel(heard, new URL(url), ["x", "y"]);
  await until(() => heard.end !== undefined);
  assert.match(heard.list[0] ?? "", /^opened x permessage-deflate/);
  assert.deepEqual(heard.list.slice(1), ["received a", "received 300", "closing", "closed"]);
  assert.deepEqual(heard.end, { code: 4000, reason: "bye", wasClean: true, isFailure: false });
});

test("an offer of subprotocols that the server passes over fails the connection (WebSockets Standard §2, step 11)", async (t) => {
  const { url } = await listen(t, { handleProtocols: () => false });
  const heard = listener();
  void new Channel(heard, new URL(url), ["x"]);
  await until(() => heard.end !== undefined);
  assert.deepEqual(heard.list, ["closed"]);
  assert.deepEqual(heard.end, { code: 1006, reason: "", wasClean: false, isFailure: true });
});

test("a connection that is lost ends with 1006 and is no failure; one whose peer breaks the protocol is (RFC 6455 §7.1.5, §7.1.7)", async (t) => {
  const { server, url } = await listen(t);
  const ends: unknown[] = [];
  for (const act of ["terminate", "break"]) {
    server.once("connection", (socket) => (act === "terminate" ? socket.terminate() : socket._socket?.write(Buffer.from([0xf1, 0]))));
    const heard = listener();
    void new Channel(heard, new URL(url), []);
    await until(() => heard.end !== undefined);
    ends.push(heard.end);
  }
  const lost = { code: 1006, reason: "", wasClean: false };
  assert.deepEqual(ends, [
    { ...lost, isFailure: false },
    { ...lost, isFailure: true },
  ]);
});

test("paused, nothing is told until it is resumed; a channel that was abandoned is told of its end alone", async (t) => {
  const { server, url } = await listen(t);
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  const heard = listener();
  const channel = new Channel(heard, new URL(url), []);
  await until(() => heard.list.length === 1);
  channel.pause();
  await new Promise<void>((resolve, reject) => channel.send("x", (error) => (error ? reject(error) : resolve())));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(heard.list.length, 1);
  channel.resume();
  await until(() => heard.list.length === 2);
  channel.close(undefined, "");
  assert.equal(channel.isOpen, false);
  await until(() => heard.end !== undefined);

  let connections = 0;
  const silent = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  const address = silent.address();
  const other = listener();
  const abandoned = new Channel(other, new URL(`ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`), []);
  abandoned.abandon();
  await until(() => other.end !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(other.list, ["closed"]);
  assert.equal(connections, 0);
});
