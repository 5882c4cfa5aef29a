import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubPublication } from "@openline/hub";
import * as v from "valibot";
import { roomHandle } from "../src/room-handle.ts";

function handle(schema?: v.GenericSchema): { published: [string, HubPublication][]; room: ReturnType<typeof roomHandle> } {
  const published: [string, HubPublication][] = [];
  const room = roomHandle(
    {
      publish: (name, publication) => {
        published.push([name, publication]);
        return Promise.resolve({ outcome: "stored", position: "e.1.t" });
      },
      history: () => Promise.resolve({ messages: [], complete: true }),
      presence: () => Promise.resolve({ members: [], memberCount: 0 }),
    },
    "房间",
    schema,
  );
  return { published, room };
}

test("what the schema passes is published as the schema makes it, with the options", async () => {
  const { room, published } = handle(v.object({ text: v.pipe(v.string(), v.trim()) }));
  assert.deepEqual(await room.publish({ text: " 你好 " }, { id: "m1", user: "系统" }), { outcome: "stored", position: "e.1.t" });
  assert.deepEqual(published, [["房间", { data: { text: "你好" }, id: "m1", user: "系统" }]]);
});

test("what it does not pass is rejected and never published", async () => {
  const { room, published } = handle(v.object({ text: v.string("text must be text") }));
  assert.deepEqual(await room.publish({ text: 1 }), { outcome: "rejected", code: "bad-message", message: "text: text must be text" });
  assert.equal(published.length, 0);
});

test("without a schema everything is published; history and presence are the room's", async () => {
  const { room, published } = handle();
  await room.publish(1);
  assert.deepEqual(published, [["房间", { data: 1 }]]);
  assert.deepEqual(
    [await room.history(), await room.presence()],
    [
      { messages: [], complete: true },
      { members: [], memberCount: 0 },
    ],
  );
});
