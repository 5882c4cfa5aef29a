import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocketLine } from "../../src/connect/websocket-line.ts";
import { Heard, openLine, serverOf, settingsOf } from "./line-fixture.ts";

test("the handshake's two messages and each frame of both directions are seen, compressed ones marked", async (t) => {
  const { url } = await serverOf(t, (socket) => socket.on("message", (data) => socket.send(String(data))), {
    perMessageDeflate: { threshold: 0 },
  });
  const { line, heard } = await openLine(t, (events) => new WebSocketLine(settingsOf(url, { frames: true, handshake: true }), events));
  assert.match(heard.handshakes[0]?.request ?? "", /^GET \/ HTTP\/1\.1\r\n[\s\S]*Sec-WebSocket-Key: /);
  assert.match(heard.handshakes[0]?.response ?? "", /^HTTP\/1\.1 101 /);
  await line.send("hello");
  line.ping();
  await heard.until(({ messages, pongs }) => messages.length === 1 && pongs.length === 1);
  line.close(1000);
  await heard.end;
  const told = heard.frames.map(([direction, { opcode, masked }]) => `${direction} ${opcode} ${masked}`);
  assert.deepEqual(
    told.toSorted(),
    ["received 1 false", "received 10 false", "received 8 false", "sent 1 true", "sent 8 true", "sent 9 true"].toSorted(),
  );
  assert.ok(heard.frames.every(([, { opcode, rsv }]) => rsv[0] === (opcode === 1)));
});

test("what follows a refusal is a body and no frames", async (t) => {
  const { url } = await serverOf(t, () => {}, { verifyClient: () => false });
  const heard = new Heard();
  const line = new WebSocketLine(settingsOf(url, { frames: true, handshake: true }), heard);
  t.after(() => line.terminate());
  assert.equal((await heard.end).kind, "refused");
  assert.match(heard.handshakes[0]?.response ?? "", /^HTTP\/1\.1 401 /);
  assert.deepEqual(heard.frames, []);
});
