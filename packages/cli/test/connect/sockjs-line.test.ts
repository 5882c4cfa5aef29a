import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebSocket } from "@openline/ws";
import { SockJsLine } from "../../src/connect/sockjs-line.ts";
import { WebSocketLine } from "../../src/connect/websocket-line.ts";
import { openLine, serverOf, settingsOf } from "./line-fixture.ts";

for (const [answer, expected] of [
  ["h", '["h"]'],
  ["empty", "[]"],
  ["none", undefined],
] as const) {
  test(`S: a heartbeat is answered with ${expected ?? "nothing"} (--heartbeat-answer ${answer}), messages are taken apart and wrapped`, async (t) => {
    const got: string[] = [];
    const { url } = await serverOf(t, (socket: WebSocket) => {
      socket.send("o");
      socket.send("h");
      socket.on("message", (data) => {
        const text = String(data);
        got.push(text);
        if (text === '["question"]') socket.send('a["answer","again"]');
      });
    });
    const { line, heard } = await openLine(
      t,
      (events) => new SockJsLine((own) => new WebSocketLine(settingsOf(url), own), { answer }, events),
    );
    await line.send("question");
    await heard.until(({ messages }) => messages.length === 2);
    assert.deepEqual(heard.messages, ["answer", "again"]);
    assert.deepEqual(got, expected === undefined ? ['["question"]'] : [expected, '["question"]']);
    await assert.rejects(line.send(Buffer.from("x")), /text only/);
  });
}

test("S: the session's own close code is what counts", async (t) => {
  const { url } = await serverOf(t, (socket) => {
    socket.send("o");
    socket.send('c[3000,"Go away!"]');
  });
  const { heard } = await openLine(
    t,
    (events) => new SockJsLine((own) => new WebSocketLine(settingsOf(url), own), { answer: "h" }, events),
  );
  assert.deepEqual(await heard.end, { kind: "closed", code: 3000, reason: "Go away!" });
});
