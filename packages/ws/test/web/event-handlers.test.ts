import assert from "node:assert/strict";
import { test } from "node:test";
import { EventHandlers } from "../../src/web/event-handlers.ts";

function handled(): { target: EventTarget; handlers: EventHandlers; order: string[]; say(name: string): () => void; fire(): void } {
  const target = new EventTarget();
  const order: string[] = [];
  return {
    target,
    handlers: new EventHandlers(target),
    order,
    say: (name) => () => void order.push(name),
    fire: () => void target.dispatchEvent(new Event("open")),
  };
}

test("a handler is called at the place where the attribute was first set, whatever function it has then (HTML Standard §8.1.8.1)", () => {
  const { target, handlers, order, say, fire } = handled();
  target.addEventListener("open", say("1"));
  handlers.set("open", say("first"));
  target.addEventListener("open", say("3"));
  handlers.set("open", say("2"));
  fire();
  assert.deepEqual(order, ["1", "2", "3"]);
});

test("null gives the place up: a handler set afterwards comes last (HTML Standard §8.1.8.1)", () => {
  const { target, handlers, order, say, fire } = handled();
  handlers.set("open", say("never"));
  target.addEventListener("open", say("1"));
  handlers.set("open", null);
  assert.equal(handlers.get("open"), null);
  handlers.set("open", say("2"));
  fire();
  assert.deepEqual(order, ["1", "2"]);
});

test("what is no object counts as null, an object is kept and not called (Web IDL [LegacyTreatNonObjectAsNull])", () => {
  const { handlers, fire } = handled();
  for (const value of [1, "f", true, undefined, Symbol("f")]) {
    handlers.set("open", value);
    assert.equal(handlers.get("open"), null);
  }
  const object = { handleEvent: () => assert.fail("it is no listener") };
  handlers.set("open", object);
  fire();
  assert.equal(handlers.get("open"), object);
});

test("`this` is the target, and false cancels an event that can be cancelled (HTML Standard §8.1.8.1)", () => {
  const { target, handlers } = handled();
  handlers.set("open", function handler(this: unknown) {
    assert.equal(this, target);
    return false;
  });
  assert.equal(target.dispatchEvent(new Event("open", { cancelable: true })), false);
  assert.equal(target.dispatchEvent(new Event("open")), true);
});
