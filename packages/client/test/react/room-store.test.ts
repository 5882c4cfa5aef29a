import assert from "node:assert/strict";
import { test } from "node:test";
import { idleView, roomStore } from "../../src/react/room-store.ts";
import { connected, FakePlatform, stored } from "../fake-platform.ts";

function scene() {
  const platform = new FakePlatform();
  const client = platform.client();
  const socket = platform.establish();
  const store = roomStore(client, "lobby");
  const joined = (fields: object = {}): void => {
    socket.receive({
      type: "joined",
      ref: socket.last("join").ref,
      room: "lobby",
      position: "e.1.t",
      replay: 0,
      memberCount: 1,
      ...fields,
    });
  };
  return { platform, client, socket, store, joined };
}

test("a room is joined once for all that show it, and left when the last one has gone and none came back in the same turn", async () => {
  const { socket, store } = scene();
  assert.equal(store.view, idleView);
  const first = store.subscribe(() => undefined, {});
  first();
  const second = store.subscribe(() => undefined, {});
  const third = store.subscribe(() => undefined, {});
  await Promise.resolve();
  assert.deepEqual([socket.count("join"), socket.count("leave")], [1, 0]);
  second();
  third();
  await Promise.resolve();
  assert.deepEqual([socket.count("join"), socket.count("leave"), store.view], [1, 1, idleView]);
});

test("a view is a new object after each change and keeps the newest messages", () => {
  const { store, joined, socket } = scene();
  const views: unknown[] = [];
  store.subscribe(() => views.push(store.view), { keep: 2 });
  joined();
  for (const [at, before] of [
    ["e.2.t", "e.1.t"],
    ["e.3.t", "e.2.t"],
    ["e.4.t", "e.3.t"],
  ] as const)
    socket.receive(stored(at, before));
  assert.deepEqual(
    store.view.messages.map(({ position }) => position),
    ["e.3.t", "e.4.t"],
  );
  assert.equal(new Set(views).size, views.length);
  assert.equal(store.view.state, "joined");
});

test("messages begin anew when continuity is lost, and what the room's rules left out is counted", () => {
  const { store, joined, socket } = scene();
  store.subscribe(() => undefined, {});
  joined();
  socket.receive(stored("e.2.t", "e.1.t"));
  socket.receive({ type: "gap", room: "lobby", count: 7, position: "e.9.t" });
  assert.deepEqual([store.view.gaps, store.view.messages.length], [7, 1]);
  socket.receive({ type: "insufficient", room: "lobby", position: "f.1.t" });
  assert.deepEqual([store.view.gaps, store.view.messages.length, store.view.restarts], [0, 0, 1]);
});

test("a refused join and a removal are the view's error", () => {
  const refused = scene();
  refused.store.subscribe(() => undefined, {});
  refused.socket.receive({ type: "error", ref: refused.socket.last("join").ref, code: "forbidden", message: "not you" });
  assert.deepEqual([refused.store.view.state, refused.store.view.error?.code], ["left", "forbidden"]);
  const removed = scene();
  removed.store.subscribe(() => undefined, {});
  removed.joined();
  removed.socket.receive({ type: "left", room: "lobby", code: "forbidden", message: "not any more" });
  assert.deepEqual([removed.store.view.state, removed.store.view.error?.code], ["left", "forbidden"]);
});

test("a lost connection shows as away, and the members as they were known last", () => {
  const { platform, store, joined, socket } = scene();
  store.subscribe(() => undefined, { presence: true });
  joined({ members: [{ session: "s1", user: "Ada", since: 1 }] });
  socket.closed(1006);
  assert.deepEqual([store.view.state, store.view.members.length], ["away", 1]);
  assert.equal(connected().type, "connected");
  assert.equal(platform.sockets.length, 1);
});
