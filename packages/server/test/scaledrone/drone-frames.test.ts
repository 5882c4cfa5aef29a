import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member } from "@openline/wire";
import { historyFrame, memberEvents, membersFrame, publishFrame } from "../../src/scaledrone/drone-frames.ts";
import { clientIdOf } from "../../src/scaledrone/drone-member.ts";

const message = {
  type: "message",
  room: "c:a",
  position: "e.1.t",
  data: { text: "嗨" },
  session: "s123",
  time: 1_790_000_000_999,
} as const;
const member = (session: string): Member => ({ session, since: 1 });
const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

test("a message is a publish with the client's id and whole seconds, and no callback (facts/scaledrone §2)", () => {
  assert.deepEqual(parsed(publishFrame(message, "a")), {
    type: "publish",
    room: "a",
    message: { text: "嗨" },
    client_id: clientIdOf("s123"),
    id: "e.1.t",
    timestamp: 1_790_000_000,
  });
});

test("a message without a session, as by REST, has no client_id; an ephemeral one has an id of its own", () => {
  const { session: _session, ...byRest } = message;
  assert.equal("client_id" in Object(parsed(publishFrame(byRest, "a"))), false);
  const ephemeral = { type: "ephemeral", room: "c:a", data: 1, time: 5 } as const;
  const ids = [0, 1].map(() => (parsed(publishFrame(ephemeral, "a")) as { id: string }).id);
  assert.ok(ids[0] !== "" && ids[0] !== ids[1]);
});

test("history is as a publish with its index", () => {
  assert.deepEqual(parsed(historyFrame(message, "a", 3)), {
    ...(parsed(publishFrame(message, "a")) as object),
    type: "history_message",
    index: 3,
  });
});

test("who is there is told once; who comes and goes one by one, with its data, and of whom nobody was told nobody is told", () => {
  assert.deepEqual(parsed(membersFrame("observable-a", { members: [member("s1"), member("s2")] })), {
    type: "observable_members",
    room: "observable-a",
    data: [{ id: clientIdOf("s1") }, { id: clientIdOf("s2") }],
  });
  const known = new Map([["s1", member("s1")]]);
  const news = {
    type: "presence",
    room: "c:observable-a",
    memberCount: 2,
    joined: [member("s2")],
    changed: [{ ...member("s1"), away: 5 }],
  } as const;
  assert.deepEqual(
    memberEvents("observable-a", { ...news, left: [{ session: "s1" }, { session: "nobody" }] }, known).map(({ session, text }) => [
      session,
      parsed(text),
    ]),
    [
      ["s1", { type: "observable_member_leave", room: "observable-a", data: { id: clientIdOf("s1") } }],
      ["s2", { type: "observable_member_join", room: "observable-a", data: { id: clientIdOf("s2") } }],
    ],
  );
});
