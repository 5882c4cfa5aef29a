import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { listenForPreface, spokenIn } from "../../src/http2/preface.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";
import { until } from "../fixtures/until.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const beginnings: [text: string, spoken: "http1" | "http2" | undefined][] = [
  [PREFACE, "http2"],
  [`${PREFACE}\0\0\0`, "http2"],
  ["", undefined],
  ["P", undefined],
  [PREFACE.slice(0, -1), undefined],
  ["POST / HTTP/1.1\r\n", "http1"],
  ["PRI * HTTP/2.0\r\n\r\nXX", "http1"],
  ["GET / HTTP/1.1\r\n", "http1"],
  ["\x16\x03\x01", "http1"],
];
for (const [text, spoken] of beginnings)
  test(`${JSON.stringify(text)} is ${spoken ?? "too little to tell"} (RFC 9113 §3.4)`, () =>
    assert.equal(spokenIn(Buffer.from(text)), spoken));

test("the preface may come byte by byte, and stays unread (RFC 9113 §3.4)", async (t) => {
  const { far: client, near: server } = await tcpPair(t);
  const told: string[] = [];
  listenForPreface(server, (spoken) => told.push(spoken));
  for (const byte of PREFACE) {
    client.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => told.length > 0);
  assert.deepEqual(told, ["http2"]);
  await until(() => server.readableLength > 0);
  server.resume();
  assert.equal(String((await once(server, "data"))[0]), PREFACE);
});

test("who ends without a word, or resets, is dropped, and nobody is told", async (t) => {
  for (const end of ["end", "resetAndDestroy"] as const) {
    const { far: client, near: server } = await tcpPair(t);
    const told: string[] = [];
    listenForPreface(server, (spoken) => told.push(spoken));
    client[end]();
    await until(() => server.destroyed);
    assert.deepEqual(told, []);
  }
});

test("who says nothing for 2 s gets HTTP/1.1, whose time limits count from there (R16)", async (t) => {
  const { near: server } = await tcpPair(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  listenForPreface(server, (spoken) => told.push(spoken));
  t.mock.timers.tick(1999);
  assert.deepEqual(told, []);
  t.mock.timers.tick(1);
  assert.deepEqual(told, ["http1"]);
});
