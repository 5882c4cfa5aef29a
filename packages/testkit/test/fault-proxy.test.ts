import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { FaultProxy } from "../src/fault-proxy.ts";

let echo: Server;
let proxy: FaultProxy;
before(async () => {
  echo = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await FaultProxy.start((echo.address() as AddressInfo).port);
});
after(async () => {
  await proxy.stop();
  echo.close();
});

test("bytes pass both ways, in pieces as told", async () => {
  proxy.split(1);
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("hello");
  let text = "";
  while (text.length < 5) text += String((await once(socket, "data"))[0]);
  assert.equal(text, "hello");
  proxy.split(Number.POSITIVE_INFINITY);
  socket.destroy();
});

test("cut() resets the client", async () => {
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("x");
  await once(socket, "data");
  proxy.cut();
  const [error] = await once(socket, "error");
  assert.equal((error as NodeJS.ErrnoException).code, "ECONNRESET");
});

test("a stalled direction passes nothing until it is resumed, and the connection stays", async () => {
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("1");
  await once(socket, "data");
  proxy.stall("down");
  let seen = "";
  socket.on("data", (chunk: Buffer) => {
    seen += String(chunk);
  });
  socket.write("2");
  await new Promise((resolve) => setTimeout(resolve, 50)); // what must not come cannot be waited for otherwise
  assert.equal(seen, "");
  proxy.resume("down");
  await once(socket, "data");
  assert.equal(seen, "2");
  socket.destroy();
});

test("refuse() resets new connections until told otherwise", async () => {
  proxy.refuse();
  const refused = connect(proxy.port, "127.0.0.1");
  await once(refused, "error");
  proxy.refuse(false);
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("x");
  await once(socket, "data");
  socket.destroy();
});

test("cut() ends half-closed connections too, and refused ones leave nothing open", async () => {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.end("x");
  await once(socket, "data");
  proxy.refuse();
  proxy.cut();
  await new Promise((resolve) => socket.once("close", resolve));
  for (let index = 0; index < 3; index++) {
    const refused = connect(proxy.port, "127.0.0.1");
    refused.write("x");
    await new Promise((resolve) => refused.on("error", () => undefined).once("close", resolve));
  }
  proxy.refuse(false);
  while (proxy.connections > 0) await new Promise(setImmediate);
});

test("redirect() sends new connections to another port, and leaves those that are open", async () => {
  const other = createServer((socket) => socket.end("other"));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const old = connect(proxy.port, "127.0.0.1");
  old.write("x");
  await once(old, "data");
  const address = other.address();
  assert.ok(address !== null && typeof address === "object");
  proxy.redirect(address.port);
  const [answer] = await once(connect(proxy.port, "127.0.0.1"), "data");
  assert.equal(String(answer), "other");
  old.write("y");
  assert.equal(String((await once(old, "data"))[0]), "y");
  old.destroy();
  other.close();
});
