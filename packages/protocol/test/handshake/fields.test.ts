import assert from "node:assert/strict";
import test from "node:test";
import { fieldValue, hasToken, isFieldValue, isToken } from "../../src/handshake/fields.ts";

test("a token has no separators, white space or characters beyond ASCII (RFC 9110 §5.6.2)", () => {
  for (const good of ["chat", "v1.chat+json", "!#$%&'*+-.^_`|~0"]) assert.equal(isToken(good), true, good);
  for (const bad of ["", "a b", "a,b", "a;b", 'a"', "a=b", "(a)", "ä", "a\n", "a/b", "a@b", "[a]", "{a}"])
    assert.equal(isToken(bad), false, bad);
});

test("a field's value has no line break and no control characters (RFC 9110 §5.5)", () => {
  for (const good of ["", "a b\tc", "é"]) assert.equal(isFieldValue(good), true, good);
  for (const bad of ["a\r\nb", "\0", "\x7f", "€"]) assert.equal(isFieldValue(bad), false, bad);
});

test("a token is found in a list, whatever its letter case (RFC 6455 §4.2.1)", () => {
  for (const value of ["upgrade", "Upgrade", "keep-alive, Upgrade", "keep-alive,UPGRADE ,x", " upgrade"])
    assert.equal(hasToken(value, "upgrade"), true, value);
  for (const value of [undefined, "", "keep-alive", "upgraded", "not upgrade"]) assert.equal(hasToken(value, "upgrade"), false, value);
});

test("repeated fields count as one list (RFC 9110 §5.3)", () => {
  assert.equal(fieldValue({ a: ["x", "y"], b: " z " }, "a"), "x, y");
  assert.equal(fieldValue({ a: ["x", "y"], b: " z " }, "b"), "z");
  assert.equal(fieldValue({}, "a"), undefined);
});
