import assert from "node:assert/strict";
import { test } from "node:test";
import type { Authenticate, RoomGrants } from "../../src/access/identity.ts";
import { actionsOf, forbiddenText } from "../../src/access/room-rights.ts";
import { type TestClient, testHub } from "../support/test-hub.ts";

const ref = 1;
const room = "a";

test("each request needs its own right; a join that asks for members or old messages needs theirs too (hub-v1, Tokens)", () => {
  const cases: [Parameters<typeof actionsOf>[0], string[]][] = [
    [{ type: "join", ref, room }, ["join"]],
    [{ type: "join", ref, room, presence: true, rewind: 3 }, ["join", "presence", "history"]],
    [{ type: "join", ref, room, presence: false, rewind: 0, position: "p" }, ["join"]],
    [{ type: "publish", ref, room, data: 1 }, ["publish"]],
    [{ type: "members", ref, room }, ["presence"]],
    [{ type: "history", ref, room }, ["history"]],
    [{ type: "leave", ref, room }, []],
  ];
  for (const [request, actions] of cases) assert.deepEqual(actionsOf(request), actions);
  assert.equal(forbiddenText("publish", "a"), 'the session may not publish to room "a"');
});

const rooms: RoomGrants = { "open:*": ["join", "publish"], "private:{user}:*": ["*"], "$user:bob": ["publish"] };
const authenticate: Authenticate = async (token) => ({ ok: true, identity: { subject: token, issuedAt: 0 } });

async function enter(
  user: string,
  options: Parameters<typeof testHub>[0] = {},
): Promise<{ client: TestClient; hub: ReturnType<typeof testHub> }> {
  const hub = testHub({ access: { authenticate, rooms }, ...options });
  const client = hub.client();
  await client.expect("connected", { type: "connect", version: 1, token: user });
  return { client, hub };
}

test("N: every room request is checked by the server: what is not granted is forbidden, and nothing is done (hub-v1, Tokens)", async () => {
  const { client, hub } = await enter("ada");
  const refused = [
    { type: "join", room: "other" },
    { type: "join", room: "private:bob:x" },
    { type: "join", room: "open:1", presence: true },
    { type: "join", room: "open:1", rewind: 1 },
    { type: "publish", room: "other", data: 1 },
    { type: "publish", room: "other", data: 1, ephemeral: true },
    { type: "send", user: "cyd", data: 1 },
  ] as const;
  for (const request of refused) assert.equal((await client.expect("error", request)).code, "forbidden", JSON.stringify(request));
  await client.join("open:1");
  assert.equal((await client.expect("error", { type: "members", room: "open:1" })).code, "forbidden");
  assert.equal((await client.expect("error", { type: "history", room: "open:1" })).code, "forbidden");
  await client.publish("open:1", "hi");
  await client.expect("sent", { type: "send", user: "bob", data: 1 });
  await client.join("private:ada:x", { presence: true, rewind: 2 });
  assert.deepEqual(
    (await hub.hub.rooms()).map((summary) => summary.room),
    ["open:1", "private:ada:x"],
  );
});

test("R15: rights are asked anew when a room is joined again; who lost them is in no longer", async () => {
  let allowed = true;
  const asked: string[] = [];
  const authorize = ({ room: name, subject }: { room: string; subject: string | undefined }): boolean => {
    asked.push(`${subject} ${name}`);
    return allowed;
  };
  const { client, hub } = await enter("ada", { access: { authenticate, authorize } });
  await client.join("a");
  allowed = false;
  assert.equal((await client.expect("error", { type: "join", room: "a" })).code, "forbidden");
  assert.deepEqual([await hub.hub.members("a"), asked], [[], ["ada a", "ada a"]]);
});

test("R15: a refresh with fewer rights takes the session out of the rooms that it lost", async () => {
  const byToken: Record<string, RoomGrants> = { wide: { "*": ["*"] }, narrow: { a: ["join"] } };
  const { client, hub } = await enter("wide", {
    access: {
      authenticate: async (token) => ({
        ok: true,
        identity: { subject: "ada", issuedAt: 0, ...(byToken[token] && { rooms: byToken[token] }) },
      }),
    },
  });
  await client.join("a");
  await client.join("b");
  await client.expect("refreshed", { type: "refresh", token: "narrow" });
  assert.deepEqual(client.all("left"), [{ type: "left", room: "b", code: "forbidden", message: 'the session may not join room "b"' }]);
  assert.deepEqual([(await hub.hub.members("a")).length, (await hub.hub.members("b")).length], [1, 0]);
});

test("an authorize function that fails denies with internal, and the log has why", async () => {
  const { client, hub } = await enter("ada", {
    access: { authenticate, authorize: () => Promise.reject(new Error("the database is away")) },
  });
  assert.equal((await client.expect("error", { type: "join", room: "a" })).code, "internal");
  assert.ok(hub.events.some((event) => event.type === "fault" && /database is away/.test(String(event.error))));
});
