import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubActivity } from "@openline/hub";
import * as v from "valibot";
import { webhookEventTypes } from "../../src/setting-entries/setting-choices.ts";
import { webhookBody, webhookEvent } from "../../src/webhooks/webhook-event.ts";

const actor = { session: "s1", user: "阿达", subject: "u1" };
const time = 1;
const activities: HubActivity[] = [
  { type: "connect", ...actor, resumed: false, remoteAddress: "10.0.0.1", time },
  { type: "disconnect", ...actor, code: 1006, reason: "", time },
  { type: "join", ...actor, room: "房", data: { a: 1 }, time },
  { type: "leave", session: "s1", room: "房", time },
  { type: "occupied", room: "房", time },
  { type: "vacated", room: "房", time },
  { type: "publish", room: "房", data: null, position: "e.1.t", time },
];

for (const activity of activities) {
  test(`${activity.type} becomes an event with an id, as it is described`, () => {
    const { id, text } = webhookEvent("e1", activity);
    assert.equal(id, "e1");
    assert.deepEqual(JSON.parse(text), { id: "e1", ...activity });
    assert.ok(v.safeParse(webhookBody, { events: [JSON.parse(text)] }).success);
  });
}

test("every type has its activity", () =>
  assert.deepEqual(
    activities.map(({ type }) => type),
    [...webhookEventTypes],
  ));
