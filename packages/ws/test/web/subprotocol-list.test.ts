import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSubprotocols, subprotocolsOf } from "../../src/web/subprotocol-list.ts";

test("a name, a sequence of names, or nothing (WebSockets Standard §3.1)", () => {
  assert.deepEqual(subprotocolsOf(undefined), []);
  assert.deepEqual(subprotocolsOf("chat"), ["chat"]);
  assert.deepEqual(subprotocolsOf(null), ["null"]);
  assert.deepEqual(subprotocolsOf(new Set(["a", 1])), ["a", "1"]);
  assert.deepEqual(subprotocolsOf({}), ["[object Object]"]);
  assert.throws(() => subprotocolsOf([Symbol("a")]), TypeError);
});

test("a name twice, or one that is no token, is a SyntaxError; case counts (RFC 6455 §4.1)", () => {
  for (const names of [["a", "a"], [""], ["a b"], ["ä"], ["a,b"], ["\u0000"], ["[object Object]"]]) {
    assert.throws(() => checkSubprotocols(names), { name: "SyntaxError", code: 12 });
  }
  for (const names of [[], ["echo", "eCho"]]) assert.doesNotThrow(() => checkSubprotocols(names));
});
