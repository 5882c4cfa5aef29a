import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions } from "../../src/options.ts";
import { TabGroup } from "../../src/shared/tab-group.ts";
import { FakePlatform } from "../fake-platform.ts";
import { type FakeTab, FakeTabs } from "./fake-tabs.ts";

/** Tabs of one group without clients: how often each was told to come now, and the sockets to the hub that each has made. */
class Scene {
  readonly clock: FakePlatform["clock"] = new FakePlatform().clock;
  readonly tabs: FakeTabs = new FakeTabs(this.clock);
  #names = 0;

  tab(): { group: TabGroup; platform: FakePlatform; page: FakeTab; calls: () => number } {
    const page = this.tabs.tab();
    const platform = new FakePlatform();
    Object.assign(platform, { clock: this.clock, uniqueName: () => `n${this.#names++}` });
    const Socket = platform.webSocket();
    let calls = 0;
    const group = new TabGroup({
      tabs: page,
      platform,
      options: resolveOptions({}),
      name: "group",
      dial: () => new Socket("ws://hub.test/hub"),
      comeNow: () => calls++,
    });
    return { group, platform, page, calls: () => calls };
  }
}

test("the first tab leads: the sockets of all tabs are open, and the next in line takes over when it is gone", () => {
  const scene = new Scene();
  const [first, second] = [scene.tab(), scene.tab()];
  const one = first.group.socket();
  scene.clock.advance(10);
  const two = second.group.socket();
  scene.clock.advance(10);
  assert.deepEqual([one.isOpen, two.isOpen], [true, true]);
  first.page.kill();
  scene.clock.advance(10);
  assert.deepEqual([two.isClosed, second.calls()], [true, 1]);
  const again = second.group.socket();
  scene.clock.advance(10);
  assert.equal(again.isOpen, true);
});

test("a tab that leaves gives everything back; it may come again", () => {
  const scene = new Scene();
  const { group } = scene.tab();
  group.socket();
  scene.clock.advance(10);
  group.leave();
  group.leave();
  scene.clock.advance(10);
  assert.deepEqual([scene.tabs.queue("group leader").length, scene.tabs.channels.size, scene.clock.pending], [0, 0, 0]);
  const socket = group.socket();
  scene.clock.advance(10);
  assert.equal(socket.isOpen, true);
});

test("a page that goes hands the lead over first when others are there, and leaves the end to the browser when none is", () => {
  const scene = new Scene();
  const [first, second] = [scene.tab(), scene.tab()];
  const connect = JSON.stringify({ type: "connect", ref: 0, version: 1 });
  const one = first.group.socket();
  scene.clock.advance(10);
  one.send(connect);
  second.group.socket();
  scene.clock.advance(10);
  first.page.closePage();
  assert.equal(first.platform.socket.terminated, true);
  scene.clock.advance(10);
  const two = second.group.socket();
  scene.clock.advance(10);
  two.send(connect);
  scene.clock.advance(10);
  second.page.closePage();
  assert.deepEqual([second.platform.socket.terminated, second.platform.socket.closedWith], [false, undefined]);
});

test("a leader that does not answer for 5 s loses the lead", () => {
  const scene = new Scene();
  const [first, second] = [scene.tab(), scene.tab()];
  first.group.socket();
  scene.clock.advance(10);
  first.page.frozen = true;
  const socket = second.group.socket();
  scene.clock.advance(4_990);
  assert.equal(socket.isOpen, false);
  scene.clock.advance(50);
  assert.deepEqual([scene.tabs.queue("group leader")[0]?.tab === second.page, socket.isOpen], [true, true]);
});
