import assert from "node:assert/strict";
import { test } from "node:test";
import { clientIdOf, droneMember } from "../../src/scaledrone/drone-member.ts";

test("a client id is two alphanumeric parts joined by a colon, the same for the same session (facts/scaledrone §1)", () => {
  assert.match(clientIdOf("sAb-_9xYz01234567"), /^[A-Za-z0-9]+:[A-Za-z0-9]+$/);
  assert.equal(clientIdOf("sAb-_9xYz01234567"), clientIdOf("sAb-_9xYz01234567"));
});

test("a member has clientData and authData in camel case, and what is absent is left out (facts/scaledrone §0.6)", () => {
  const id = clientIdOf("session1");
  const shown = (data: unknown, user?: string): object =>
    droneMember({ session: "session1", ...(user !== undefined && { user }), ...(data !== undefined && { data: data as never }) });
  assert.deepEqual(shown({ clientData: { name: "Mo" }, authData: 7 }), { id, clientData: { name: "Mo" }, authData: 7 });
  assert.deepEqual(shown({ authData: 7 }), { id, authData: 7 });
  assert.deepEqual(shown(undefined), { id });
});

test("who came through another door shows its data as clientData and its name as authData", () => {
  const id = clientIdOf("session1");
  assert.deepEqual(droneMember({ session: "session1", user: "阿达", data: { mood: "calm" } }), {
    id,
    clientData: { mood: "calm" },
    authData: { user: "阿达" },
  });
});
