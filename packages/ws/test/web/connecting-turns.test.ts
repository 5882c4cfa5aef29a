import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { addressesOf, connectingTurn } from "../../src/web/connecting-turns.ts";

test("a second connection to an address and port waits until the first is established or has failed (RFC 6455 §4.1)", async () => {
  const order: string[] = [];
  const first = await connectingTurn(["10.0.0.1 80"]);
  const second = connectingTurn(["10.0.0.1 80"]).then((end) => {
    order.push("second");
    return end;
  });
  const other = await connectingTurn(["10.0.0.1 81"]);
  order.push("other port");
  await settle();
  first();
  (await second)();
  other();
  assert.deepEqual(order, ["other port", "second"]);
});

test("hosts that share one of several addresses wait for each other, in the order of the calls and without a deadlock (RFC 6455 §4.1)", async () => {
  const order: number[] = [];
  const hosts = [["a", "b"], ["b", "a"], ["b", "c"], ["c"], ["a"]];
  await Promise.all(
    hosts.map(async (places, index) => {
      const end = await connectingTurn(places);
      await settle();
      order.push(index);
      end();
    }),
  );
  assert.deepEqual(
    order.filter((index) => index !== 4),
    [0, 1, 2, 3],
  );
  assert.equal(order.length, 5);
});

test("an address is its own, `localhost` has some, a name that leads nowhere has none", async () => {
  assert.deepEqual(await addressesOf("[::1]"), [{ address: "::1", family: 6 }]);
  assert.deepEqual(await addressesOf("127.0.0.1"), [{ address: "127.0.0.1", family: 4 }]);
  assert.ok((await addressesOf("localhost"))?.some(({ address }) => address === "127.0.0.1" || address === "::1"));
  assert.equal(await addressesOf("no-such-host.invalid"), undefined);
});
