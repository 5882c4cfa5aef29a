import assert from "node:assert/strict";
import { test } from "node:test";
import { encode, type ServerMessage } from "@openline/wire";
import { resolveOptions } from "../../src/options.ts";
import { Switchboard } from "../../src/shared/switchboard.ts";
import { type connected, FakePlatform } from "../fake-platform.ts";
import { type FakeTab, FakeTabs } from "./fake-tabs.ts";

/** A leader between scripted tabs and a scripted server. */
class Scene {
  readonly platform: FakePlatform = new FakePlatform();
  readonly tabs: FakeTabs = new FakeTabs(this.platform.clock);
  readonly leader: FakeTab = this.tabs.tab();
  readonly board: Switchboard;
  ups = 0;
  #lines = 0;

  constructor() {
    const Socket = this.platform.webSocket();
    this.board = new Switchboard({
      tabs: this.leader,
      clock: this.platform.clock,
      options: resolveOptions({}),
      ownTab: "own",
      dial: () => new Socket("ws://hub.test/hub"),
      up: () => this.ups++,
    });
  }

  /** A tab's end of a new line: what it hears, and what it says. */
  line(tab: string, { hidden = false } = {}): { heard: unknown[]; say: (message: unknown) => void; page: FakeTab } {
    const page = this.tabs.tab();
    const heard: unknown[] = [];
    page.lock(tab, () => undefined);
    this.platform.clock.advance(2);
    const name = `line ${this.#lines++}`;
    const channel = page.channel(name);
    channel.listen((message) => heard.push(message));
    this.board.attach(tab, hidden, name);
    return {
      heard,
      page,
      say: (message) => {
        channel.post(message);
        this.platform.clock.advance(2);
      },
    };
  }

  establish(fields: Parameters<typeof connected>[0] = {}): void {
    this.platform.establish(fields);
    this.platform.clock.advance(2);
  }
}

const connect = (fields: object = {}): object => ({
  kind: "text",
  text: JSON.stringify({ type: "connect", ref: 0, version: 1, ...fields }),
});
const texts = (heard: readonly unknown[]): ServerMessage[] =>
  heard.flatMap((message) => ("text" in (message as object) ? [JSON.parse((message as { text: string }).text) as ServerMessage] : []));

test("a tab that is seen makes the leader connect, one that is hidden waits for it; both are answered", () => {
  const scene = new Scene();
  const hidden = scene.line("hidden", { hidden: true });
  hidden.say(connect());
  assert.equal(scene.platform.sockets.length, 0);
  const seen = scene.line("seen");
  seen.say(connect({ user: "Ada" }));
  assert.equal(scene.platform.sockets.length, 1);
  scene.establish();
  assert.equal(scene.platform.socket.last("connect").user, "Ada");
  for (const { heard } of [hidden, seen]) assert.equal(texts(heard)[0]?.type, "connected");
  assert.equal(scene.ups, 1);
});

test("a hidden tab that is shown connects", () => {
  const scene = new Scene();
  const tab = scene.line("tab", { hidden: true });
  tab.say(connect());
  tab.say({ kind: "hidden", hidden: false });
  assert.equal(scene.platform.sockets.length, 1);
});

test("resumed is said to the tab that has this very session, and the login's time to the leading tab alone, less what is gone of it", () => {
  const scene = new Scene();
  const [own, other] = [scene.line("own"), scene.line("other")];
  own.say(connect({ session: { id: "s1", resume: "secret1" } }));
  other.say(connect());
  scene.establish({ resumed: true, expiresInMs: 60_000 });
  scene.platform.clock.advance(10_000);
  const late = scene.line("own");
  late.say(connect());
  const answers = [own, other, late].map(({ heard }) => texts(heard)[0]);
  assert.deepEqual(
    answers.map((answer) => answer?.type === "connected" && [answer.resumed, answer.expiresInMs]),
    [
      [true, 60_000],
      [false, undefined],
      [false, 49_995],
    ],
  );
});

test("a close of the server reaches every tab with its code; a session taken over is a broken line, because only the next leader can do that", () => {
  for (const [code, told] of [
    [4503, 4503],
    [4405, 1006],
  ]) {
    const scene = new Scene();
    const tabs = [scene.line("a"), scene.line("b")];
    for (const { say } of tabs) say(connect());
    scene.establish();
    scene.platform.socket.closed(code ?? 0, "why");
    scene.platform.clock.advance(2);
    for (const { heard } of tabs) assert.deepEqual(heard.at(-1), { kind: "close", code: told, reason: "why" });
  }
});

test("the server's time to wait holds for a tab that comes later, too", () => {
  const scene = new Scene();
  const first = scene.line("first");
  first.say(connect());
  scene.platform.socket.open();
  scene.platform.socket.receiveText(encode({ type: "error", ref: 0, code: "rate-limited", message: "later", retryAfterMs: 10_000 }));
  scene.platform.clock.advance(2);
  first.say({ kind: "close", code: 4500 });
  const second = scene.line("second");
  second.say(connect());
  assert.equal(scene.platform.sockets.length, 1);
  const [told] = texts(second.heard);
  assert.ok(told?.type === "error" && told.code === "rate-limited" && (told.retryAfterMs ?? 0) > 9_900);
  scene.platform.clock.advance(10_000);
  scene.line("third").say(connect());
  assert.equal(scene.platform.sockets.length, 2);
});

test("pings of tabs are answered here, those of the server too; the server is asked once for all tabs, more seldom when all are hidden", () => {
  const scene = new Scene();
  const [a, b] = [scene.line("a"), scene.line("b")];
  for (const { say } of [a, b]) say(connect());
  scene.establish();
  a.say({ kind: "text", text: JSON.stringify({ type: "ping", ref: 5 }) });
  assert.deepEqual(texts(a.heard).at(-1), { type: "pong", ref: 5 });
  scene.platform.socket.receive({ type: "ping", ref: 8 });
  assert.deepEqual(scene.platform.socket.last("pong"), { type: "pong", ref: 8 });
  scene.platform.clock.advance(25_000);
  assert.equal(scene.platform.socket.count("ping"), 1);
  scene.platform.socket.receive({ type: "pong" });
  for (const { say } of [a, b]) say({ kind: "hidden", hidden: true });
  scene.platform.clock.advance(70_000);
  assert.equal(scene.platform.socket.count("ping"), 1);
  scene.platform.clock.advance(5_000);
  assert.equal(scene.platform.socket.count("ping"), 2);
});

test("an ephemeral message is dropped while the network is behind", () => {
  const scene = new Scene();
  const tab = scene.line("tab");
  tab.say(connect());
  scene.establish();
  scene.platform.socket.bufferedAmount = 2_000_000;
  tab.say({ kind: "text", text: JSON.stringify({ type: "publish", ref: 3, room: "lobby", data: 1, ephemeral: true }) });
  assert.equal(scene.platform.socket.count("publish"), 0);
  assert.deepEqual(texts(tab.heard).at(-1), { type: "error", ref: 3, code: "disconnected", message: "the network is behind" });
});

test("giving the lead away keeps the session when another tab is there, and ends it when none is", () => {
  for (const [others, code] of [
    [["other"], undefined],
    [[], 1000],
  ] as const) {
    const scene = new Scene();
    for (const tab of ["own", ...others]) scene.line(tab).say(connect());
    scene.establish();
    scene.board.stop();
    assert.deepEqual([scene.platform.socket.closedWith?.code, scene.platform.socket.terminated], [code, code === undefined]);
  }
});

test("a tab that is gone without a word is found by its lock; the last one ends the session", () => {
  const scene = new Scene();
  const [a, b] = [scene.line("a"), scene.line("b")];
  for (const { say } of [a, b]) say(connect());
  scene.establish();
  a.page.kill();
  scene.platform.clock.advance(5);
  assert.equal(scene.board.hasOthers, true);
  b.page.kill();
  scene.platform.clock.advance(5);
  assert.deepEqual([scene.board.hasOthers, scene.platform.socket.closedWith?.code], [false, 1000]);
});

test("after a loss the leader comes back with the session, also when a tab asks first that never had one", () => {
  const scene = new Scene();
  scene.line("old").say(connect());
  scene.establish({ session: { id: "s7", resume: "secret7" } });
  scene.platform.socket.closed(1006);
  scene.line("new").say(connect());
  scene.platform.socket.open();
  assert.deepEqual(scene.platform.socket.last("connect").session, { id: "s7", resume: "secret7" });
});
