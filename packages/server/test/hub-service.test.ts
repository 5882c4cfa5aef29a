import assert from "node:assert/strict";
import { test } from "node:test";
import { Hub } from "@openline/hub";
import { HubService } from "../src/hub-service.ts";
import { randomIds } from "../src/random-ids.ts";
import { systemClock } from "../src/system-clock.ts";

test("the hub's answers pass through, and a refused disconnect does not reach it", async (t) => {
  const hub = new Hub({ clock: systemClock, ids: randomIds });
  t.after(() => hub.close());
  const closed: number[] = [];
  const connection = hub.open({ kind: "test", send: () => true, close: (code) => void closed.push(code) });
  connection.receive('{"type":"connect","ref":1,"version":1,"user":"Ada"}');
  let refusal: string | undefined = "no";
  const service = new HubService(hub, { beforeDisconnect: () => Promise.resolve(refusal) });
  assert.equal((await service.publish("a", { data: 1 })).outcome, "stored");
  assert.deepEqual(
    (await service.history("a", {}))?.messages.map(({ data }) => data),
    [1],
  );
  assert.equal((await service.presence("a")).memberCount, 0);
  assert.deepEqual(
    (await service.rooms()).map(({ room }) => room),
    ["a"],
  );
  assert.deepEqual(
    [await service.usersHere(), await service.sessionsOf("Ada"), await service.send("Ada", "hi")],
    [[{ user: "Ada", sessions: 1 }], 1, 1],
  );
  assert.deepEqual(await service.disconnect({ user: "Ada" }, "x"), { refused: "no" });
  assert.deepEqual(closed, []);
  refusal = undefined;
  assert.deepEqual(await service.disconnect({ user: "Ada" }, "x"), { sessions: 1 });
  assert.deepEqual(await service.disconnect({ session: "nobody" }, undefined), { sessions: 0 });
  assert.deepEqual(closed, [4404]);
});
