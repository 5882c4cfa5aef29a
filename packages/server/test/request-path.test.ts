import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSegment, hasQueryFlag, rawPath } from "../src/request-path.ts";

const paths: [string | undefined, string][] = [
  ["/a/b?c=/d", "/a/b"],
  ["/a%2Fb/%2e%2e#x", "/a%2Fb/%2e%2e"],
  ["*", "*"],
  [undefined, "/"],
];
for (const [target, path] of paths) test(`the path of ${target} is ${path}, as it came`, () => assert.equal(rawPath(target), path));

const segments: [string, string][] = [
  ["lobby", "lobby"],
  ["%E4%BD%A0%E5%A5%BD", "你好"],
  ["%F0%9F%91%8B%F0%9F%8F%BD", "👋🏽"],
  ["e%CC%81", "e\u0301"],
  ["a%2Fb%3F%23%25", "a/b?#%"],
  ["a+b", "a+b"],
];
for (const [segment, name] of segments)
  test(`U: the segment ${segment} is ${name} (RFC 3986 §2.1)`, () => assert.equal(decodeSegment(segment), name));

for (const segment of ["%", "%4", "%zz", "%FF", "%C0%AF", "%ED%A0%80", "a%E4%BD"]) {
  test(`the segment ${segment} is refused: not percent-encoded UTF-8`, () => {
    assert.throws(
      () => decodeSegment(segment),
      (error: Error & { problem?: { code: string } }) => error.problem?.code === "bad-path" && error.message.includes(segment),
    );
  });
}

test("a name in the query is found with and without a value, and nowhere else", () => {
  for (const target of ["/hub?resume", "/hub?a=1&resume", "/hub?resume=1", "/hub?resume&x#y"])
    assert.ok(hasQueryFlag(target, "resume"), target);
  for (const target of ["/hub", "/resume", "/hub?xresume", "/hub?resumed", "/hub?a=resume", "/hub#?resume".slice(0, 5), undefined])
    assert.ok(!hasQueryFlag(target, "resume"), target);
});
