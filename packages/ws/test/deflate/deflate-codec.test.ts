import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { PROFILES, prepareText, UsageError } from "@openline/protocol";
import * as fc from "fast-check";
import { DeflateCodec, deflateExtension } from "../../src/deflate/deflate-codec.ts";
import { deflateSettings } from "../../src/deflate/deflate-settings.ts";
import { platform } from "../../src/platform.ts";
import { agreement, codecs, deflated, inflated, prose, textOfInflated } from "../fixtures/codec.ts";

const sizes = [0, 1, 100, 1024, 32_768, 32_769, 65_536, 200_000];
const windows = [9, 10, 11, 12, 13, 14, 15];

for (const bits of windows) {
  for (const takeover of [true, false]) {
    test(`with windows of ${bits} and context takeover ${takeover ? "kept" : "reset"}, messages of every size come through both ways (RFC 7692 §7.2)`, async (t) => {
      const changes = {
        serverNoContextTakeover: !takeover,
        clientNoContextTakeover: !takeover,
        serverMaxWindowBits: bits,
        clientMaxWindowBits: bits,
      };
      // The default window of 13 must not be used where a smaller one was agreed on.
      const [server, client] = codecs(changes, { zlibDeflateOptions: { windowBits: 15 } });
      t.after(() => [server, client].forEach((codec) => codec.close()));
      for (const size of [...sizes, ...sizes]) {
        const message = prose(size, bits);
        for (const [from, to] of [
          [server, client],
          [client, server],
        ] as const) {
          const result = await inflated(to, await deflated(from, message));
          assert.ok(!("why" in result) && message.equals(result), `${size} bytes`);
        }
      }
    });
  }
}

test("what is compressed for a small window reaches no further back than that (RFC 7692 §7.1.2)", async (t) => {
  const noise = Buffer.from(Array.from({ length: 400 }, (_, at) => (at * at * 31 + at * 7) & 255));
  const message = Buffer.concat([noise, Buffer.alloc(600, "x"), noise]);
  for (const bits of [9, 10]) {
    const [server] = codecs({ serverMaxWindowBits: bits, serverNoContextTakeover: true });
    t.after(() => server.close());
    const data = Buffer.concat([await deflated(server, message), Buffer.from("0000ffff", "hex")]);
    // The dictionary is as large as the window; with output of 64 bytes at a time zlib holds references against it.
    assert.ok(message.equals(inflateRawSync(data, { windowBits: bits, finishFlush: 2, chunkSize: 64 })));
  }
});

const examples: readonly [section: string, hex: string, text: string][] = [
  ["7.2.3.1", "f248cdc9c90700", "Hello"],
  ["7.2.3.3", "000500faff48656c6c6f00", "Hello"],
  ["7.2.3.4", "f348cdc9c9070000", "Hello"],
  ["7.2.3.5", "f248050000 00ffffcac9c90700", "Hello"],
  ["7.2.3.6", "00", ""],
];

for (const how of ["private", "public"]) {
  for (const [section, hex, text] of examples) {
    test(`the example of RFC 7692 §${section} is inflated, with zlib's ${how} entry points`, async (t) => {
      use(how, t);
      const [server] = codecs();
      t.after(() => server.close());
      const message = Buffer.from(hex.replaceAll(" ", ""), "hex");
      assert.equal(textOfInflated(await inflated(server, message)), text);
      assert.equal(textOfInflated(await inflated(server, Buffer.from("f248cdc9c90700", "hex"))), "Hello");
    });
  }
}

function use(how: string, t: { after(done: () => void): void }): void {
  if (how === "public") process.env["OPENLINE_ZLIB"] = "public";
  t.after(() => delete process.env["OPENLINE_ZLIB"]);
}

test("the second of two equal messages points into the window only with context takeover (RFC 7692 §7.2.3.2)", async (t) => {
  const [keeps] = codecs();
  const [resets] = codecs({ serverNoContextTakeover: true });
  t.after(() => [keeps, resets].forEach((codec) => codec.close()));
  const hello = Buffer.from("Hello");
  const twice = async (codec: DeflateCodec): Promise<string[]> =>
    [await deflated(codec, hello), await deflated(codec, hello)].map((bytes) => Buffer.from(bytes).toString("hex"));
  assert.deepEqual(await twice(keeps), ["f248cdc9c90700", "f200110000"]);
  assert.deepEqual(await twice(resets), ["f248cdc9c90700", "f248cdc9c90700"]);
});

test("a fresh deflate forgets what was before (RFC 7692 §7.2.1)", async (t) => {
  const [server] = codecs();
  t.after(() => server.close());
  await deflated(server, Buffer.from("Hello"));
  assert.equal(Buffer.from(await deflated(server, Buffer.from("Hello"), true, true)).toString("hex"), "f248cdc9c90700");
});

test("without takeover nothing of one connection's messages can be reached by another's", async (t) => {
  const [first] = codecs({ clientNoContextTakeover: true });
  const [second] = codecs({ clientNoContextTakeover: true });
  t.after(() => [first, second].forEach((codec) => codec.close()));
  assert.equal(textOfInflated(await inflated(first, Buffer.from("f248cdc9c90700", "hex"))), "Hello");
  assert.match(textOfInflated(await inflated(second, Buffer.from("f200110000", "hex"))), /^data: invalid distance/);
});

for (const how of ["private", "public"]) {
  test(`messages in fragments of several connections may interleave, without takeover, with zlib's ${how} entry points (RFC 7692 §7.2.1)`, async (t) => {
    use(how, t);
    const none = { serverNoContextTakeover: true, clientNoContextTakeover: true };
    const pairs = Array.from({ length: 5 }, () => codecs(none));
    t.after(() => pairs.flat().forEach((codec) => codec.close()));
    const parts: string[][] = pairs.map(() => []);
    for (let part = 0; part < 4; part++) {
      for (const [index, [server, client]] of pairs.entries()) {
        const bytes = await deflated(server, prose(2000, index + part), part === 3);
        parts[index]?.push(textOfInflated(await inflated(client, bytes, part === 3)));
      }
    }
    for (const [index, list] of parts.entries()) {
      assert.equal(list.join(""), [0, 1, 2, 3].map((part) => prose(2000, index + part).toString()).join(""));
    }
  });
}

for (const how of ["private", "public"]) {
  test(`a bomb ends at the limit, in memory too, with zlib's ${how} entry points (RFC 7692 §8)`, async (t) => {
    use(how, t);
    const [server, client] = codecs({}, { zlibDeflateOptions: { level: 9 } });
    t.after(() => [server, client].forEach((codec) => codec.close()));
    const bomb = await deflated(client, Buffer.alloc(64 << 20));
    assert.ok(bomb.length < 400_000);
    const limit = 1 << 20;
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 1);
    const result = await inflated(server, bomb, true, limit);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    clearInterval(watch);
    assert.equal(textOfInflated(result), "limit: more than 1048576 bytes");
    assert.ok(most < 4 * limit, `${most} bytes were held`);
  });

  test(`exactly the limit is taken, one byte more is not, with zlib's ${how} entry points (RFC 7692 §8)`, async (t) => {
    use(how, t);
    for (const size of [1000, 65_536, 300_000]) {
      const [server, client] = codecs({ clientNoContextTakeover: true });
      t.after(() => [server, client].forEach((codec) => codec.close()));
      const message = await deflated(client, Buffer.alloc(size, "a"));
      assert.equal((await inflated(server, message, true, size)) instanceof Uint8Array, true);
      assert.match(textOfInflated(await inflated(server, message, true, size - 1)), /^limit/);
    }
  });

  test(`wrong data is a fault, and a codec of a pool is not used after it, with zlib's ${how} entry points (RFC 7692 §7.2.2)`, async (t) => {
    use(how, t);
    const [server] = codecs({ clientNoContextTakeover: true });
    t.after(() => server.close());
    assert.equal(textOfInflated(await inflated(server, Buffer.from("ffffff", "hex"))), "data: invalid block type");
    assert.equal(textOfInflated(await inflated(server, Buffer.alloc(40_000, 0xff))), "data: invalid block type");
    assert.equal(textOfInflated(await inflated(server, Buffer.from("f248cdc9c90700", "hex"))), "Hello");
  });
}

test("final blocks by the thousand are a fault: each costs a new beginning", async (t) => {
  const [server] = codecs();
  t.after(() => server.close());
  assert.equal(textOfInflated(await inflated(server, Buffer.from("0300".repeat(1000), "hex"))), "data: more than 64 final blocks");
});

test("after close nothing is answered, also by what was under way", async () => {
  const [server, client] = codecs();
  const data = await deflated(client, prose(2_000_000));
  let answers = 0;
  assert.equal(
    server.inflate(data, true, Number.POSITIVE_INFINITY, () => answers++),
    undefined,
  );
  assert.equal(
    client.deflate(prose(2_000_000), true, false, () => answers++),
    undefined,
  );
  server.close();
  client.close();
  // Others have the thread pool to themselves again.
  const [next] = codecs();
  await deflated(next, prose(2_000_000));
  next.close();
  assert.equal(answers, 0);
});

test("a peer whose window is too small for zlib gets nothing compressed", () => {
  const [, client] = codecs({ clientMaxWindowBits: 8 });
  assert.equal(client.thresholdBytes, Number.POSITIVE_INFINITY);
});

test("a prepared frame is compressed once for all that can read it, and not at all for a smaller window or below the threshold", (t) => {
  const make = (changes: Partial<typeof agreement>): DeflateCodec => {
    const codec = new DeflateCodec(deflateSettings("server", { threshold: 10 }, { ...agreement, ...changes }));
    t.after(() => codec.close());
    return codec;
  };
  const frame = prepareText("Hello, Hello, Hello", platform);
  const [first, second, small] = [make({}), make({ serverNoContextTakeover: true }), make({ serverMaxWindowBits: 12 })];
  assert.ok(first.prepared(frame)?.deflated);
  assert.equal(first.prepared(frame)?.deflated, second.prepared(frame)?.deflated);
  assert.equal(small.prepared(frame), undefined);
  assert.equal(first.prepared(prepareText("Hello", platform)), undefined);
});

test("options that cannot be are refused where they are given", () => {
  const make = (options: object) => () => deflateExtension("server", options, false);
  assert.throws(make({ serverMaxWindowBits: 8 }), UsageError);
  assert.throws(make({ threshold: -1 }), /perMessageDeflate\.threshold is -1/);
  assert.throws(make({ threshold: Number.NaN }), /perMessageDeflate\.threshold is NaN/);
  assert.throws(make({ concurrencyLimit: 0 }), /perMessageDeflate\.concurrencyLimit is 0/);
  assert.throws(make({ zlibDeflateOptions: { level: 42 } }), RangeError);
  assert.throws(make({ zlibInflateOptions: { chunkSize: 1 } }), RangeError);
  assert.equal(PROFILES.ws.maxPayloadBytes, 100 << 20);
});

test("property: random messages in random pieces come through, with every agreement", async () => {
  const bits = fc.integer({ min: 9, max: 15 });
  const agreements = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.integer({ min: 0, max: 70_000 }).map((size) => prose(size, size)),
  );
  const messages = fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(agreements, messages, fc.integer({ min: 1, max: 5000 }), async (changes, list, cut) => {
      const [server, client] = codecs(changes);
      for (const pieces of list) {
        const sent = Buffer.concat(pieces);
        const wire: Uint8Array[] = [];
        for (const [index, each] of pieces.entries()) {
          const isFinal = index === pieces.length - 1;
          if (each.length > 0 || isFinal) wire.push(await deflated(server, each, isFinal));
        }
        assert.ok(sent.equals(await inflatedInPieces(client, Buffer.concat(wire), cut)));
      }
      server.close();
      client.close();
    }),
    { numRuns: 40 },
  );
});

async function inflatedInPieces(codec: DeflateCodec, data: Buffer, cut: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += cut) {
    const result = await inflated(codec, data.subarray(at, at + cut), at + cut >= data.length);
    assert.ok(!("why" in result));
    parts.push(result);
  }
  return Buffer.concat(parts);
}
