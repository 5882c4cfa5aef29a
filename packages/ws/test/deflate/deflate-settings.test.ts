import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkDeflateOptions,
  type DeflateSettings,
  deflateSettings,
  type PerMessageDeflateOptions,
} from "../../src/deflate/deflate-settings.ts";
import { agreement } from "../fixtures/codec.ts";

type Row = readonly [
  rule: string,
  options: PerMessageDeflateOptions,
  changes: Partial<typeof agreement>,
  expected: Partial<DeflateSettings>,
];

const server: readonly Row[] = [
  ["the defaults are those that were measured", {}, {}, { deflateOptions: { level: 4, memLevel: 6, windowBits: 13 } }],
  ["the user's zlib options win", { zlibDeflateOptions: { level: 9 } }, {}, { deflateOptions: { level: 9, memLevel: 6, windowBits: 13 } }],
  ["also the window", { zlibDeflateOptions: { windowBits: 15 } }, {}, { deflateOptions: { level: 4, memLevel: 6, windowBits: 15 } }],
  [
    "but never above the agreement",
    { zlibDeflateOptions: { windowBits: 15 } },
    { serverMaxWindowBits: 10 },
    { deflateOptions: { level: 4, memLevel: 6, windowBits: 10 } },
  ],
  ["a negotiated window is used", { serverMaxWindowBits: 15 }, {}, { deflateOptions: { level: 4, memLevel: 6, windowBits: 15 } }],
  ["a kept inflater has the peer's window", {}, { clientMaxWindowBits: 9 }, { inflateOptions: { windowBits: 9 }, keepsInflater: true }],
  [
    "a shared one reads all windows",
    {},
    { clientMaxWindowBits: 9, clientNoContextTakeover: true },
    { inflateOptions: { windowBits: 15 }, keepsInflater: false },
  ],
  ["inflate options are passed on", { zlibInflateOptions: { chunkSize: 100 } }, {}, { inflateOptions: { chunkSize: 100, windowBits: 15 } }],
  ["with takeover small messages are compressed, as in ws", {}, {}, { thresholdBytes: 0, keepsDeflater: true }],
  ["without takeover those from 1024 bytes on", {}, { serverNoContextTakeover: true }, { thresholdBytes: 1024, keepsDeflater: false }],
  ["a threshold that is given holds for both", { threshold: 50 }, {}, { thresholdBytes: 50 }],
  ["a smaller window than the shared compressor's takes nothing shared", {}, { serverMaxWindowBits: 12 }, { takesShared: false }],
  ["one as large does", {}, { serverMaxWindowBits: 13 }, { takesShared: true }],
  ["ten calls are in the thread pool at a time", {}, {}, { concurrencyLimit: 10 }],
  ["or as many as one wants", { concurrencyLimit: 3 }, {}, { concurrencyLimit: 3 }],
];

for (const [rule, options, changes, expected] of server) {
  test(`a server's connection: ${rule}`, () => {
    const settings = deflateSettings("server", options, { ...agreement, ...changes });
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(settings[name as keyof DeflateSettings], value, name);
  });
}

test("a client's connection has the other end's windows and takeover", () => {
  const agreed = { ...agreement, serverNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 11 };
  const settings = deflateSettings("client", {}, agreed);
  assert.equal(settings.keepsDeflater, true);
  assert.equal(settings.keepsInflater, false);
  assert.equal(settings.deflateOptions.windowBits, 11);
  assert.equal(deflateSettings("client", {}, { ...agreed, serverNoContextTakeover: false }).inflateOptions.windowBits, 9);
});

test("options are tried out", () => {
  assert.doesNotThrow(() => checkDeflateOptions({ threshold: 0, concurrencyLimit: 1, zlibDeflateOptions: { level: 0 } }));
  assert.throws(() => checkDeflateOptions({ zlibDeflateOptions: { memLevel: 10 } }), RangeError);
});
