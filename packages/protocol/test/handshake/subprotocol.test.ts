import assert from "node:assert/strict";
import test from "node:test";
import { areSubprotocols, chooseSubprotocol, parseSubprotocols } from "../../src/handshake/subprotocol.ts";

test("subprotocols are tokens, most wanted first, none twice (RFC 6455 §4.1)", () => {
  assert.deepEqual(parseSubprotocols("chat, superchat"), ["chat", "superchat"]);
  assert.deepEqual(parseSubprotocols(" chat\t,superchat "), ["chat", "superchat"]);
  for (const bad of ["", ",", "chat,", "chat,,x", "chat, chat", "a b", 'a"b', "chat;x"])
    assert.equal(parseSubprotocols(bad), undefined, bad);
  assert.equal(areSubprotocols(["a", "A"]), true);
  assert.equal(areSubprotocols([""]), false);
});

test("A: of chat, superchat the client's first that the server has is chosen (RFC 6455 §1.9, §4.2.2)", () => {
  assert.equal(chooseSubprotocol(["chat", "superchat"], ["chat"]), "chat");
  assert.equal(chooseSubprotocol(["chat", "superchat"], ["superchat", "chat"]), "chat");
  assert.equal(chooseSubprotocol(["chat"], ["Chat"]), undefined);
  assert.equal(chooseSubprotocol([], ["chat"]), undefined);
});
