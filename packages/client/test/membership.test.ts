import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import type { Joined } from "@openline/wire";
import { ClientError } from "../src/errors.ts";
import { Membership, type MembershipOptions } from "../src/membership.ts";
import type { Answer, Request } from "../src/requests.ts";
import { stored } from "./fake-platform.ts";

const ada = { session: "s1", user: "Ada", since: 1 };
const bo = { session: "s2", user: "Bo", since: 2 };

class Stage {
  readonly clock: FakeClock = new FakeClock(0);
  readonly asked: Request[] = [];
  readonly log: unknown[] = [];
  readonly reported: ClientError[] = [];
  readonly room: Membership;
  connected = true;
  forgotten = 0;
  isTold: boolean | undefined;
  #answer: Answer = () => assert.fail("nothing was asked");

  constructor(options: Partial<MembershipOptions> = {}) {
    this.room = new Membership(
      "lobby",
      { rewind: 0, position: undefined, presence: false, data: undefined, ...options },
      {
        clock: this.clock,
        ask: (request, answer) => {
          if (!this.connected) return false;
          // As it arrives: what is undefined is not in the text.
          this.asked.push(JSON.parse(JSON.stringify(request)) as Request);
          this.#answer = answer;
          return true;
        },
        publish: () => Promise.resolve({}),
        retryDelayMs: () => 100,
        forget: (_room, isTold) => {
          this.forgotten++;
          this.isTold = isTold;
        },
        report: (error) => this.reported.push(error),
      },
    );
    for (const name of [
      "joined",
      "insufficient",
      "gap",
      "ephemeral",
      "members",
      "member-joined",
      "member-left",
      "member-updated",
      "left",
    ] as const)
      this.room.on(name, (detail: unknown) => this.log.push([name, detail]));
    this.room.on("message", ({ data, replayed }) => this.log.push(["message", data, replayed]));
  }

  answer(answer: Parameters<Answer>[0]): void {
    this.#answer(answer);
  }

  /** The answer to the last request, for later. */
  takeAnswer(): Answer {
    return this.#answer;
  }

  joined(fields: Partial<Joined> = {}): void {
    this.answer({ type: "joined", ref: 1, room: "lobby", position: "p0", replay: 0, memberCount: 1, ...fields });
  }

  message(position: string, previous: string | null | undefined): void {
    const message = stored(position, previous);
    if (message.type === "message") this.room.receive(message);
  }

  takeLog(): unknown[] {
    return this.log.splice(0);
  }
}

/** In the room, at message "p1". */
function inRoom(options: Partial<MembershipOptions> = {}): Stage {
  const stage = new Stage(options);
  stage.room.join();
  stage.joined();
  stage.message("p1", null);
  stage.log.length = 0;
  stage.asked.length = 0;
  return stage;
}

test("the first join has no position, and asks for what the options say", () => {
  const stage = new Stage({ rewind: 5, presence: true, data: { seat: 1 } });
  stage.room.join();
  assert.deepEqual(stage.asked, [{ type: "join", room: "lobby", rewind: 5, presence: true, data: { seat: 1 } }]);
  assert.equal(stage.room.state, "joining");
});

test("joined comes first, then what rewind shows, marked as replayed, then live messages", () => {
  const stage = new Stage();
  stage.room.join();
  stage.joined({ position: "p5", replay: 2, memberCount: 3 });
  for (const [position, previous] of [
    ["p4", "p3"],
    ["p5", "p4"],
    ["p6", "p5"],
  ] as const)
    stage.message(position, previous);
  assert.deepEqual(stage.log, [
    ["joined", { recovered: undefined, replay: 2, position: "p5", memberCount: 3 }],
    ["message", "p4", true],
    ["message", "p5", true],
    ["message", "p6", false],
  ]);
  assert.deepEqual([stage.room.state, stage.room.position, stage.room.memberCount], ["joined", "p6", 3]);
});

test("after a loss the room joins again with the position of the last message handed over (wire, Recovery 2)", () => {
  const stage = inRoom();
  stage.room.down();
  assert.equal(stage.room.state, "away");
  stage.room.join();
  assert.deepEqual(stage.asked, [{ type: "join", room: "lobby", position: "p1" }]);
});

test("the position counts as handed over when the listener is called, whether it throws or not", () => {
  const stage = inRoom();
  const seen: unknown[] = [];
  stage.room.on("message", () => {
    seen.push(stage.room.position);
    throw new Error("mine");
  });
  stage.message("p2", "p1");
  assert.deepEqual([seen, stage.room.position, stage.reported[0]?.code], [["p2"], "p2", "listener-failed"]);
});

test("a gap leads to one join with the own position, and what comes before its answer is not handed over (wire, Positions)", () => {
  const stage = inRoom();
  stage.message("p3", "p2");
  stage.message("p4", "p3");
  assert.deepEqual(stage.asked, [{ type: "join", room: "lobby", position: "p1" }]);
  stage.joined({ position: "p4", replay: 3, recovered: true });
  for (const [position, previous] of [
    ["p2", "p1"],
    ["p3", "p2"],
    ["p4", "p3"],
    ["p5", "p4"],
  ] as const)
    stage.message(position, previous);
  assert.deepEqual(
    stage.log.filter((line) => Array.isArray(line) && line[0] === "message").map((line) => (line as unknown[])[1]),
    ["p2", "p3", "p4", "p5"],
  );
});

test("a duplicate is dropped", () => {
  const stage = inRoom();
  stage.message("p1", null);
  assert.deepEqual([stage.log, stage.asked], [[], []]);
});

test("recovered false is told as joined and as insufficient, before the messages that rewind shows (wire, Recovery 3)", () => {
  const stage = inRoom({ rewind: 1 });
  stage.room.down();
  stage.room.join();
  stage.joined({ position: "q7", replay: 1, recovered: false });
  stage.message("q7", "q6");
  assert.deepEqual(stage.log, [
    ["joined", { recovered: false, replay: 1, position: "q7", memberCount: 1 }],
    ["insufficient", { position: "q7" }],
    ["message", "q7", true],
  ]);
});

test("insufficient while connected moves the place and is told (wire, Recovery 5)", () => {
  const stage = inRoom();
  stage.room.receive({ type: "insufficient", room: "lobby", position: "q0" });
  stage.message("q1", null);
  assert.deepEqual(stage.log, [
    ["insufficient", { position: "q0" }],
    ["message", "q1", false],
  ]);
});

test("the members are those of joined, and are kept current from then on", () => {
  const stage = new Stage({ presence: true });
  stage.room.join();
  stage.joined({ members: [ada] });
  stage.room.receive({ type: "presence", room: "lobby", joined: [bo], memberCount: 2 });
  assert.deepEqual([stage.room.members, stage.room.memberCount], [[ada, bo], 2]);
  stage.room.receive({ type: "presence", room: "lobby", left: [{ session: "s1" }], memberCount: 1 });
  assert.deepEqual(stage.room.members, [bo]);
  assert.deepEqual(stage.log.slice(1), [
    ["members", [ada]],
    ["member-joined", bo],
    ["members", [ada, bo]],
    ["member-left", ada],
    ["members", [bo]],
  ]);
});

test("who came and went while away is told after the return, so that joins and leaves alternate for the application too", () => {
  const stage = new Stage({ presence: true });
  stage.room.join();
  stage.joined({ members: [ada] });
  stage.room.down();
  assert.deepEqual(stage.room.members, [ada]);
  stage.room.join();
  stage.takeLog();
  stage.joined({ members: [bo], recovered: true });
  assert.deepEqual(stage.log.slice(1), [
    ["member-left", ada],
    ["member-joined", bo],
    ["members", [bo]],
  ]);
});

test("ephemeral messages have no place in the order and are handed over as they come", () => {
  const stage = inRoom();
  stage.room.receive({ type: "ephemeral", room: "lobby", data: "typing", user: "Bo", session: "s2", time: 5 });
  assert.deepEqual(stage.log, [["ephemeral", { data: "typing", user: "Bo", session: "s2", time: 5 }]]);
});

for (const code of ["forbidden", "too-many-rooms", "bad-name", "some-future-code"]) {
  test(`a join refused with ${code} ends the room and is an error`, () => {
    const stage = new Stage();
    stage.room.join();
    stage.answer(new ClientError(code));
    assert.deepEqual([stage.room.state, stage.forgotten, stage.reported[0]?.code, stage.clock.pending], ["left", 1, code, 0]);
  });
}

for (const [code, retryAfterMs, waitMs] of [
  ["internal", undefined, 100],
  ["rate-limited", 700, 700],
] as const) {
  test(`a join refused with ${code} is tried again after ${waitMs} ms, quietly`, () => {
    const stage = new Stage();
    stage.room.join();
    stage.answer(new ClientError(code, "why", { retryAfterMs }));
    stage.clock.advance(waitMs - 1);
    assert.equal(stage.asked.length, 1);
    stage.clock.advance(1);
    assert.equal(stage.asked.length, 2);
    assert.deepEqual([stage.room.state, stage.reported], ["joining", []]);
  });
}

test("the retry of a join does not outlive the connection", () => {
  const stage = new Stage();
  stage.room.join();
  stage.answer(new ClientError("internal"));
  stage.room.down();
  assert.deepEqual([stage.room.state, stage.clock.pending], ["away", 0]);
});

test("being taken out by the server is told with the reason and is final", () => {
  const stage = inRoom({ presence: true });
  stage.room.receive({ type: "left", room: "lobby", code: "forbidden", message: "banned" });
  stage.message("p2", "p1");
  stage.room.down();
  assert.deepEqual(stage.log, [["left", { code: "forbidden", message: "banned" }]]);
  assert.deepEqual([stage.room.state, stage.forgotten, stage.room.members], ["left", 1, []]);
});

test("leave resolves with the answer, and nothing is told afterwards", async () => {
  const stage = inRoom();
  const left = stage.room.leave();
  stage.message("p2", "p1");
  assert.deepEqual(stage.asked, [{ type: "leave", room: "lobby" }]);
  stage.answer({ type: "left", ref: 1, room: "lobby" });
  await left;
  await stage.room.leave();
  assert.deepEqual([stage.log, stage.asked.length, stage.forgotten], [[], 1, 1]);
});

test("leave without a connection, or when it breaks, resolves as well; the client tells the server later what it was not told", async () => {
  const away = inRoom();
  away.connected = false;
  await away.room.leave();
  assert.equal(away.isTold, false);
  const breaking = inRoom();
  const left = breaking.room.leave();
  breaking.answer(new ClientError("disconnected"));
  await left;
  assert.equal(breaking.room.state, "left");
});

test("the members can be asked for; without a connection that is refused", async () => {
  const stage = inRoom();
  const members = stage.room.requestMembers();
  stage.answer({ type: "members", ref: 1, room: "lobby", members: [ada], memberCount: 1 });
  assert.deepEqual(await members, { members: [ada], memberCount: 1 });
  const refused = stage.room.requestMembers();
  stage.answer(new ClientError("forbidden"));
  await assert.rejects(refused, { code: "forbidden" });
  stage.connected = false;
  await assert.rejects(stage.room.requestMembers(), { code: "not-connected" });
});

test("R20: loadMembers brings further pages, right whatever is told meanwhile, and stops at a list that is not its own any more", async () => {
  const cy = { session: "s3", user: "Cy", since: 3 };
  const stage = new Stage({ presence: true });
  stage.room.join();
  stage.joined({ members: [ada], next: "1", memberCount: 3 });
  const loaded = stage.room.loadMembers();
  assert.deepEqual(stage.asked.at(-1), { type: "members", room: "lobby", after: "1" });
  stage.answer({ type: "members", ref: 1, room: "lobby", members: [bo], next: "2", memberCount: 3 });
  // Told in the same turn as the page: the page must be in the list already.
  stage.room.receive({ type: "presence", room: "lobby", left: [{ session: "s2" }], memberCount: 2 });
  await Promise.resolve();
  assert.deepEqual(stage.asked.at(-1), { type: "members", room: "lobby", after: "2" });
  stage.answer({ type: "members", ref: 1, room: "lobby", members: [cy], memberCount: 2 });
  assert.deepEqual([await loaded, stage.room.memberCount], [[ada, cy], 2]);
  stage.room.join();
  stage.joined({ members: [ada], next: "1", memberCount: 3 });
  const overtaken = stage.room.loadMembers();
  const late = stage.takeAnswer();
  stage.room.join();
  stage.joined({ members: [bo], memberCount: 1 });
  late({ type: "members", ref: 1, room: "lobby", members: [cy], memberCount: 3 });
  assert.deepEqual(await overtaken, [bo]);
});

test("update shows other data once the server has them, and joins again with them", async () => {
  const stage = inRoom({ data: { mood: "calm" } });
  const updated = stage.room.update({ mood: "glad" });
  assert.deepEqual(stage.asked, [{ type: "update", room: "lobby", data: { mood: "glad" } }]);
  stage.answer({ type: "updated", ref: 1, room: "lobby" });
  await updated;
  const refused = stage.room.update({ mood: "sad" });
  stage.answer(new ClientError("rate-limited"));
  await assert.rejects(refused, { code: "rate-limited" });
  stage.room.join();
  assert.deepEqual(stage.asked.at(-1), { type: "join", room: "lobby", position: "p1", data: { mood: "glad" } });
  stage.joined({ recovered: true, position: "p1" });
  const none = stage.room.update(undefined);
  assert.deepEqual(stage.asked.at(-1), { type: "update", room: "lobby" });
  stage.answer({ type: "updated", ref: 1, room: "lobby" });
  await none;
  stage.connected = false;
  await assert.rejects(stage.room.update(1), { code: "not-connected" });
});

test("put in by the server the room is joined at once; while a join is on its way that is of no account (wire, Rooms that the server chooses)", () => {
  const stage = new Stage();
  stage.room.putIn({ type: "joined", room: "lobby", position: "p0", replay: 0, memberCount: 1 });
  assert.deepEqual(
    [stage.room.state, stage.log, stage.asked],
    ["joined", [["joined", { recovered: undefined, replay: 0, position: "p0", memberCount: 1 }]], []],
  );
  stage.room.join();
  stage.room.putIn({ type: "joined", room: "lobby", position: "p9", replay: 0, memberCount: 1 });
  assert.deepEqual([stage.room.state, stage.room.position], ["joining", "p0"]);
});

test("taken out while away: the join that would come back is refused with removed, and the room has left (wire, Rooms that the server chooses)", () => {
  const stage = inRoom();
  stage.room.join();
  stage.answer(new ClientError("removed", "the game is over"));
  assert.deepEqual(
    [stage.room.state, stage.log, stage.reported],
    ["left", [["left", { code: "removed", message: "the game is over" }]], []],
  );
});

test("taken out while a join is on its way: that join's answer counts (wire, Rooms that the server chooses)", () => {
  const stage = inRoom();
  stage.room.join();
  stage.room.receive({ type: "left", room: "lobby", code: "removed", message: "" });
  assert.equal(stage.room.state, "joining");
  stage.joined({ recovered: true, position: "p1" });
  assert.equal(stage.room.state, "joined");
});

test("what the server left out for a slow connection is told with its count, and needs no new join (wire, Slow readers)", () => {
  const stage = new Stage();
  stage.room.join();
  stage.joined({ position: "p0" });
  stage.takeLog();
  stage.message("p1", "p0");
  stage.room.receive({ type: "gap", room: "lobby", count: 3, position: "p4" });
  stage.message("p5", "p4");
  assert.deepEqual(stage.takeLog(), [
    ["message", "p1", false],
    ["gap", { count: 3, position: "p4" }],
    ["message", "p5", false],
  ]);
  assert.deepEqual([stage.asked.length, stage.room.position], [1, "p5"]);
});
