import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing } from "@openline/hub";
import { isObservable, ScaledroneChannel } from "../../src/scaledrone/channel.ts";

const secret = "0123456789abcdef";

test("a channel is a namespace: its rooms have its id before their names, there and back", () => {
  const channel = new ScaledroneChannel("KtJ2", { secret });
  assert.equal(channel.hubRoom("lobby"), "KtJ2:lobby");
  assert.deepEqual(
    ["KtJ2:lobby", "KtJ2:", "lobby", "KtJ3:lobby", "$tickets"].map((room) => channel.roomOf(room)),
    ["lobby", undefined, undefined, undefined, undefined],
  );
});

test("an empty prefix makes its rooms the hub's own, those of the system left out", () => {
  const channel = new ScaledroneChannel("KtJ2", { secret, prefix: "" });
  assert.deepEqual([channel.hubRoom("lobby"), channel.roomOf("lobby"), channel.roomOf("$tickets")], ["lobby", "lobby", undefined]);
});

test("authentication is asked for and history is off unless the configuration says otherwise", () => {
  const channel = new ScaledroneChannel("KtJ2", { secret });
  assert.deepEqual([channel.requireAuth, channel.history], [true, false]);
});

test("the secret is known by itself alone", () => {
  const channel = new ScaledroneChannel("KtJ2", { secret });
  assert.deepEqual(
    [secret, "", `${secret} `].map((given) => channel.isSecret(given)),
    [true, false, false],
  );
});

test("observable is a room whose name begins with observable- (facts/scaledrone §0.6)", () => {
  assert.deepEqual(["observable-a", "observable", "a-observable-"].map(isObservable), [true, false, false]);
});

test("a message is framed once for all clients of a channel (contract 9), each channel by itself", () => {
  const [one, two] = ["one", "two"].map((id) => new ScaledroneChannel(id, { secret: "0123456789abcdef", prefix: "" }));
  const message = { type: "message", room: "a", position: "e.1.t", data: 1, time: 5 } as const;
  const heard = outgoing(JSON.stringify(message));
  const frames = [one, two, one, two].map((channel) => channel?.frames.of(heard, message, "a"));
  assert.equal(frames[0], frames[2]);
  assert.equal(frames[1], frames[3]);
  assert.notEqual(frames[0], frames[1]);
});
