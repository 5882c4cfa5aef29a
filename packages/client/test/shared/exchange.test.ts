import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import type { ClientMessage, ServerMessage } from "@openline/wire";
import { comingBackMs, Exchange, type TabRequest } from "../../src/shared/exchange.ts";
import { TabLine } from "../../src/shared/tab-line.ts";
import { connected, stored } from "../fake-platform.ts";
import { FakeTabs } from "./fake-tabs.ts";

/** An exchange between a scripted server and two lines, `a` and `b`. */
class Scene {
  readonly clock: FakeClock = new FakeClock();
  readonly sent: ClientMessage[] = [];
  readonly dropped: string[] = [];
  readonly heard: Record<string, ServerMessage[]> = { a: [], b: [] };
  readonly lines: TabLine[];
  readonly exchange: Exchange;

  constructor() {
    const tabs = new FakeTabs(this.clock);
    this.lines = ["a", "b"].map((name) => {
      const far = tabs.tab().channel(name);
      far.listen((message) => {
        const { kind, text } = message as { kind: string; text: string };
        if (kind === "text") this.heard[name]?.push(JSON.parse(text) as ServerMessage);
      });
      return new TabLine(name, false, tabs.tab().channel(name), { text: () => 0, closed: () => 0, visibility: () => 0 });
    });
    this.exchange = new Exchange({
      clock: this.clock,
      connected: connected({ user: "Ada" }),
      lines: () => this.lines,
      send: (message) => this.sent.push(message),
      drop: ({ tab }) => this.dropped.push(tab),
    });
  }

  take(name: "a" | "b", request: TabRequest): void {
    const line = this.lines[name === "a" ? 0 : 1];
    assert.ok(line);
    this.exchange.take(line, request);
  }

  /** What `name` heard since the last time. */
  hears(name: "a" | "b"): ServerMessage[] {
    this.clock.advance(5);
    return this.heard[name]?.splice(0) ?? [];
  }

  /** Both are in the room. */
  joinBoth(): void {
    this.take("a", { type: "join", ref: 1, room: "lobby" });
    this.take("b", { type: "join", ref: 1, room: "lobby" });
    for (const ref of [1, 2]) this.exchange.receive({ type: "joined", ref, room: "lobby", position: "e.1.t", replay: 0, memberCount: 1 });
    for (const name of ["a", "b"] as const) this.hears(name);
    this.sent.length = 0;
  }
}

test("each request goes out with a number of its own, and the answer to the one that asked, with its number", () => {
  const scene = new Scene();
  scene.take("a", { type: "publish", ref: 7, room: "lobby", data: 1, id: "x" });
  scene.take("b", { type: "publish", ref: 7, room: "lobby", data: 2, id: "y" });
  assert.deepEqual(
    scene.sent.map((message) => "ref" in message && message.ref),
    [1, 2],
  );
  scene.exchange.receive({ type: "published", ref: 2, room: "lobby", position: "e.2.t" });
  assert.deepEqual(scene.hears("a"), []);
  assert.deepEqual(scene.hears("b"), [{ type: "published", ref: 7, room: "lobby", position: "e.2.t" }]);
});

test("what is live goes to the tabs in the room, what belongs to no room to all, an answer that nobody waits for to none", () => {
  const scene = new Scene();
  scene.take("a", { type: "join", ref: 1, room: "lobby" });
  scene.exchange.receive({ type: "joined", ref: 1, room: "lobby", position: "e.1.t", replay: 0, memberCount: 1 });
  const live = stored("e.2.t", "e.1.t");
  const direct: ServerMessage = { type: "direct", data: 1, time: 1 };
  for (const message of [live, direct, stored("e.1.t", null, { room: "elsewhere" })]) scene.exchange.receive(message);
  scene.exchange.receive({ type: "left", ref: 99, room: "lobby" });
  assert.deepEqual(scene.hears("a").slice(1), [live, direct]);
  assert.deepEqual(scene.hears("b"), [direct]);
});

test("a tab leaves alone: the server is told when the last one leaves, after a while when it only lost its line", () => {
  const scene = new Scene();
  scene.joinBoth();
  scene.take("a", { type: "leave", ref: 5, room: "lobby" });
  assert.deepEqual([scene.sent, scene.hears("a")], [[], [{ type: "left", ref: 5, room: "lobby" }]]);
  const [, b] = scene.lines;
  assert.ok(b);
  scene.exchange.gone(b, true);
  scene.clock.advance(comingBackMs - 10);
  assert.deepEqual(scene.sent, []);
  scene.clock.advance(10);
  assert.deepEqual(scene.sent, [{ type: "leave", ref: 3, room: "lobby" }]);
});

test("a leave in nobody's name carries the newest token that a tab sent along (wire, Tokens: in each message)", () => {
  const scene = new Scene();
  scene.take("a", { type: "join", ref: 1, room: "lobby", token: "t1" });
  const [a] = scene.lines;
  assert.ok(a);
  scene.exchange.gone(a, false);
  assert.deepEqual(scene.sent.at(-1), { type: "leave", ref: 2, room: "lobby", token: "t1" });
});

test("a join that is refused for good takes the other tabs out; one that may be tried again lets them come back with their positions", () => {
  for (const [code, dropped, told] of [
    ["forbidden", [], 1],
    ["rate-limited", ["b"], 0],
  ] as const) {
    const scene = new Scene();
    scene.joinBoth();
    scene.take("a", { type: "join", ref: 9, room: "lobby" });
    scene.exchange.receive({ type: "error", ref: 3, code, message: "no" });
    assert.deepEqual(scene.hears("a"), [{ type: "error", ref: 9, code, message: "no" }]);
    assert.deepEqual([scene.dropped, scene.hears("b").filter(({ type }) => type === "left").length], [dropped, told]);
  }
});

test("a room that the server puts the session into is every tab's", () => {
  const scene = new Scene();
  scene.exchange.receive({ type: "joined", room: "theirs", position: "e.1.t", replay: 1, memberCount: 1 });
  scene.exchange.receive(stored("e.1.t", null, { room: "theirs" }));
  for (const name of ["a", "b"] as const)
    assert.deepEqual(
      scene.hears(name).map(({ type }) => type),
      ["joined", "message"],
    );
  scene.exchange.receive({ type: "left", room: "theirs", code: "forbidden", message: "out" });
  scene.exchange.receive(stored("e.2.t", "e.1.t", { room: "theirs" }));
  for (const name of ["a", "b"] as const) assert.equal(scene.hears(name).length, 1);
});
