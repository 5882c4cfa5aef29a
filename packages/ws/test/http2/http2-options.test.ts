import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import {
  DEFAULT_STREAM_WINDOW_BYTES,
  http2Limits,
  limitGivenServer,
  MOST_SESSION_MEGABYTES,
  nodeOptions,
  widenSession,
} from "../../src/http2/http2-options.ts";

test("a window of 256 KiB, and as many streams as an address may have connections, at most 1,000", () => {
  assert.equal(DEFAULT_STREAM_WINDOW_BYTES, 262_144);
  assert.deepEqual(http2Limits({}, PROFILES.ws), { windowBytes: 262_144, maxStreams: 1000 });
  assert.deepEqual(http2Limits({}, PROFILES.server), { windowBytes: 262_144, maxStreams: 100 });
  assert.deepEqual(http2Limits({ windowBytes: 65_535, maxStreams: 5 }, PROFILES.server), { windowBytes: 65_535, maxStreams: 5 });
});

const wrong: [options: Parameters<typeof http2Limits>[0], RegExp][] = [
  [{ windowBytes: 1000 }, /http2\.windowBytes is 1000: it must be 65535 to 2147483647/],
  [{ windowBytes: 2 ** 31 }, /http2\.windowBytes is 2147483648/],
  [{ windowBytes: Number.NaN }, /http2\.windowBytes is NaN/],
  [{ maxStreams: 0 }, /http2\.maxStreams is 0: it must be a whole number above 0/],
  [{ maxStreams: 1.5 }, /http2\.maxStreams is 1\.5/],
];
for (const [options, message] of wrong)
  test(`${JSON.stringify(options)} is refused with its limit (RFC 9113 §6.9.1)`, () =>
    assert.throws(() => http2Limits(options, PROFILES.ws), { name: "RangeError", message }));

test("Node is given the window and the streams, and no bound of its own on the memory for all of them", () => {
  assert.deepEqual(nodeOptions({ windowBytes: 262_144, maxStreams: 1000 }), {
    settings: { initialWindowSize: 262_144, maxConcurrentStreams: 1000 },
    maxSessionMemory: MOST_SESSION_MEGABYTES,
  });
});

test("the connection's window is four times a stream's, within what HTTP/2 knows (RFC 9113 §6.9.1)", () => {
  const set: number[] = [];
  const setLocalWindowSize = (bytes: number): void => void set.push(bytes);
  widenSession({ destroyed: false, setLocalWindowSize }, 262_144);
  widenSession({ destroyed: false, setLocalWindowSize }, 2 ** 30);
  widenSession({ destroyed: true, setLocalWindowSize }, 1);
  assert.deepEqual(set, [1_048_576, 2 ** 31 - 1]);
});

test("a server of the application's only gets what is given", () => {
  const server = createServer();
  const updates: unknown[] = [];
  server.updateSettings = (settings) => void updates.push(settings);
  limitGivenServer(server, {}, PROFILES.ws);
  limitGivenServer(server, { windowBytes: 100_000 }, PROFILES.ws);
  limitGivenServer(server, { maxStreams: 7 }, PROFILES.ws);
  assert.deepEqual(updates, [{}, { initialWindowSize: 100_000 }, { maxConcurrentStreams: 7 }]);
  assert.equal(server.listenerCount("session"), 1);
  assert.throws(() => limitGivenServer(server, { maxStreams: -1 }, PROFILES.ws), RangeError);
});
