import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { listenOn } from "../src/own-server.ts";
import { rawConnect, readAll } from "./fixtures/raw-client.ts";

test("an ordinary request is answered 426 Upgrade Required (RFC 9110 §15.5.22)", async (t) => {
  const server = listenOn(0, { host: "127.0.0.1" }, undefined);
  t.after(() => server.close());
  await once(server, "listening");
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  assert.equal(response.status, 426);
  assert.equal(response.headers.get("upgrade"), "websocket");
  assert.equal(await response.text(), "Upgrade Required");
});

test("a client that does not finish its request within the deadline is cut (R16)", async (t) => {
  const server = listenOn(0, { host: "127.0.0.1" }, 150);
  t.after(() => server.close());
  await once(server, "listening");
  const socket = await rawConnect(t, (server.address() as AddressInfo).port);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
  assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
});
