import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { bodyKind, decodeBody, readBody } from "../src/request-body.ts";

const code = (expected: string) => (error: Error & { problem?: { code: string } }) => {
  assert.equal(error.problem?.code, expected, error.message);
  return true;
};

const kinds: [string | undefined, "json" | "text"][] = [
  [undefined, "text"],
  ["text/plain", "text"],
  ["text/plain; charset=UTF-8", "text"],
  ['text/plain; format=flowed; charset="utf-8"', "text"],
  ["application/x-www-form-urlencoded", "text"],
  ["text/html", "text"],
  ["application/json", "json"],
  ["Application/JSON; charset=utf-8", "json"],
  ["application/cloudevents+json", "json"],
  ["application/xml", "text"],
];
for (const [type, kind] of kinds) test(`a body of type ${type} is ${kind}`, () => assert.equal(bodyKind(type), kind));

for (const type of [
  "multipart/form-data; boundary=x",
  "image/png",
  "application/octet-stream",
  "audio/ogg",
  "",
  "json",
  "application/json, text/plain",
  "text/plain; charset=gb18030",
  "application/json;charset=utf-16",
]) {
  test(`a body of type ${JSON.stringify(type)} is refused, and the line names it`, () =>
    assert.throws(() => bodyKind(type), code("wrong-content-type")));
}

test("a content coding is refused", () => {
  assert.throws(() => bodyKind("text/plain", "gzip"), code("wrong-content-type"));
  assert.equal(bodyKind("text/plain", "identity"), "text");
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("U: text and JSON keep Chinese, emoji and combining characters as they came", () => {
  assert.equal(decodeBody(bytes("你好 👋🏽 e\u0301"), "text"), "你好 👋🏽 e\u0301");
  assert.deepEqual(decodeBody(bytes('{"你":"👋","x":[1,null]}'), "json"), { 你: "👋", x: [1, null] });
});

test("a byte order mark is dropped before JSON and kept in text (RFC 8259 §8.1)", () => {
  assert.equal(decodeBody(bytes("\uFEFF1"), "json"), 1);
  assert.equal(decodeBody(bytes("\uFEFF1"), "text"), "\uFEFF1");
});

for (const body of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x61, 0xe4, 0xbd]]) {
  test(`the bytes ${body.map((byte) => byte.toString(16)).join(" ")} are refused: not UTF-8`, () => {
    assert.throws(() => decodeBody(Uint8Array.from(body), "text"), code("bad-utf8"));
    assert.throws(() => decodeBody(Uint8Array.from(body), "json"), code("bad-utf8"));
  });
}

for (const body of ["", "{", "Hello from Scaledrone", "{'a':1}", "1 2", "undefined"]) {
  test(`Q: the JSON body ${JSON.stringify(body)} is refused, not guessed at`, () =>
    assert.throws(() => decodeBody(bytes(body), "json"), code("bad-json")));
}

test("JSON that nests deeper than the wire carries is refused, however deep", () => {
  assert.doesNotThrow(() => decodeBody(bytes("[".repeat(128) + "]".repeat(128)), "json"));
  for (const depth of [129, 30_000])
    assert.throws(() => decodeBody(bytes("[".repeat(depth) + "]".repeat(depth)), "json"), code("bad-message"));
});

function body(headers: Record<string, string> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
}

test("a body up to the limit is read whole, from one chunk or many", async () => {
  const one = body();
  one.end("abcd");
  assert.equal(Buffer.from(await readBody(one, 4)).toString(), "abcd");
  const many = body();
  const read = readBody(many, 4);
  for (const chunk of ["a", "b", "cd"]) many.write(chunk);
  many.end();
  assert.equal(Buffer.from(await read).toString(), "abcd");
  const empty = body();
  empty.end();
  assert.equal((await readBody(empty, 4)).length, 0);
});

test("a body over the limit is refused by its Content-Length without reading any of it", async () => {
  const large = body({ "content-length": "5" });
  await assert.rejects(readBody(large, 4), code("body-too-large"));
  assert.equal(large.listenerCount("data"), 0);
});

test("a body over the limit without a length is refused at the chunk that goes over, before its end", async () => {
  const large = body();
  const read = readBody(large, 4);
  large.write("abc");
  large.write("de");
  await assert.rejects(read, code("body-too-large"));
  assert.equal(large.listenerCount("data"), 0);
});

test("a client that goes away within the body is no fault of the server", async () => {
  const cut = body();
  const read = readBody(cut, 4);
  cut.destroy();
  await assert.rejects(read, code("bad-request"));
});
