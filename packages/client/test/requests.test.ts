import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerMessage } from "@openline/wire";
import { ClientError } from "../src/errors.ts";
import { contentOf, inquire, Requests } from "../src/requests.ts";

const left = (ref: number): ServerMessage => ({ type: "left", ref, room: "lobby" });

test("every request has its own ref, never the 0 of connect, and the answer with it goes to its asker once", () => {
  const sent: string[] = [];
  const requests = new Requests((text) => sent.push(text) > 0);
  const answers: unknown[] = [];
  requests.ask({ type: "leave", room: "lobby" }, (answer) => answers.push(["first", answer]));
  requests.ask({ type: "leave", room: "lobby" }, (answer) => answers.push(["second", answer]));
  assert.deepEqual(
    sent.map((text) => JSON.parse(text).ref),
    [1, 2],
  );
  assert.equal(requests.answer(2, left(2)), true);
  assert.equal(requests.answer(2, left(2)), false);
  assert.deepEqual(answers, [["second", left(2)]]);
});

test("without a connection a request is not sent and never answered", () => {
  const requests = new Requests(() => false);
  const answers: unknown[] = [];
  assert.equal(
    requests.ask({ type: "members", room: "lobby" }, (answer) => answers.push(answer)),
    false,
  );
  requests.down();
  assert.deepEqual(answers, []);
});

test("a broken connection answers all that wait with disconnected, in their order", () => {
  const requests = new Requests(() => true);
  const answers: unknown[] = [];
  for (const name of ["a", "b"])
    requests.ask({ type: "leave", room: name }, (answer) => answers.push([name, answer instanceof ClientError && answer.code]));
  requests.down();
  assert.deepEqual(answers, [
    ["a", "disconnected"],
    ["b", "disconnected"],
  ]);
  assert.equal(requests.answer(1, left(1)), false);
});

test("inquire resolves with what is read of the answer, in the turn in which it came, and rejects with what went wrong", async () => {
  const requests = new Requests(() => true);
  let seen: unknown;
  const asked = inquire(requests, { type: "leave", room: "lobby" }, "left", ({ room }) => (seen = room));
  requests.answer(1, left(1));
  assert.equal(seen, "lobby");
  assert.equal(await asked, "lobby");
  const odd = inquire(requests, { type: "leave", room: "lobby" }, "sent", () => 1);
  requests.answer(2, left(2));
  await assert.rejects(odd, { code: "bad-server-message", message: /leave was answered with "left"/ });
  const refused = inquire(requests, { type: "leave", room: "lobby" }, "left", () => 1);
  requests.answer(3, new ClientError("not-joined"));
  await assert.rejects(refused, { code: "not-joined" });
  await assert.rejects(
    inquire(new Requests(() => false), { type: "leave", room: "lobby" }, "left", () => 1),
    { code: "not-connected" },
  );
});

test("what a message says is what the application gets: no type, number, room or link, and fields that are missing stay missing", () => {
  const envelope = { type: "message", ref: 7, room: "lobby", previous: null } as const;
  assert.deepEqual(contentOf({ ...envelope, data: { type: "mine", room: 1 }, position: "p" }), {
    data: { type: "mine", room: 1 },
    position: "p",
  });
  assert.deepEqual(contentOf({ type: "published", ref: 7, room: "lobby" }), {});
});
