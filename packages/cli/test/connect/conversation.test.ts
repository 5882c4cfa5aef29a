import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Conversation, type ConversationSettings } from "../../src/connect/conversation.ts";
import type { Line, LineEnd, LineEvents } from "../../src/connect/line.ts";
import type { Output } from "../../src/connect/output.ts";

/** A line that does what the test says. */
class ScriptedLine implements Line {
  readonly events: LineEvents;
  readonly sent: (string | Buffer)[] = [];
  readonly closes: (number | undefined)[] = [];
  isTerminated = false;

  constructor(events: LineEvents) {
    this.events = events;
  }

  async send(content: string | Buffer): Promise<void> {
    if (content === "unsendable") throw new Error("cannot");
    this.sent.push(content);
  }

  ping(): void {}

  close(code?: number): void {
    if (code === 1006) throw new Error("1006 may not be sent");
    this.closes.push(code);
  }

  terminate(): void {
    this.isTerminated = true;
    this.events.ended({ kind: "closed", code: 1006, reason: "" });
  }
}

function conversationOf(settings: Partial<ConversationSettings> = {}): {
  talk: Conversation;
  lines: ScriptedLine[];
  clock: FakeClock;
  notes: string[];
} {
  const lines: ScriptedLine[] = [];
  const notes: string[] = [];
  const clock = new FakeClock();
  const nothing = (): void => {};
  const output: Output = {
    opened: nothing,
    message: nothing,
    sent: nothing,
    pong: nothing,
    note: (text) => void notes.push(text),
    handshake: nothing,
    frame: nothing,
    ended: nothing,
  };
  const all = { reconnect: false, send: [], count: undefined, forMs: undefined, quietMs: 1000, ...settings };
  const talk = new Conversation(
    all,
    (events) => (lines[lines.length] = new ScriptedLine(events)),
    output,
    clock,
    () => 0.5,
  );
  return { talk, lines, clock, notes };
}

const detail = { url: "ws://x/", subprotocol: "", extensions: "" };
const closed = (code: number): LineEnd => ({ kind: "closed", code, reason: "" });

const ends: readonly [end: LineEnd, exitCode: number][] = [
  [closed(1000), 0],
  [closed(1001), 0],
  [closed(1005), 0],
  [closed(1008), 4],
  [closed(4000), 4],
  [closed(1006), 5],
  [{ kind: "refused", status: 403, text: "" }, 3],
  [{ kind: "out", room: "", message: "" }, 3],
  [{ kind: "failed", message: "" }, 1],
];
for (const [end, exitCode] of ends) {
  test(`${JSON.stringify(end)} is exit code ${exitCode}`, async () => {
    const { talk, lines } = conversationOf();
    lines[0]?.events.ended(end);
    assert.equal(await talk.over, exitCode);
  });
}

test("what is said before there is a line goes out when there is one, in order, after --send", async () => {
  const { talk, lines, notes } = conversationOf({ send: ["first"] });
  const said = Promise.all([talk.send("second"), talk.send("unsendable")]);
  lines[0]?.events.opened(detail);
  await said;
  assert.deepEqual(lines[0]?.sent, ["first", "second"]);
  assert.deepEqual(notes, ["not sent: cannot"]);
});

test("--count: the last message ends it with 1000; fewer are exit code 6", async () => {
  const { talk, lines, clock } = conversationOf({ count: 2, forMs: 5000 });
  lines[0]?.events.opened(detail);
  for (const text of ["1", "2", "3"]) lines[0]?.events.message(text);
  assert.deepEqual(lines[0]?.closes, [1000]);
  lines[0]?.events.ended(closed(1000));
  assert.equal(await talk.over, 0);
  assert.equal(clock.pending, 0);
  const few = conversationOf({ count: 2, forMs: 5000 });
  few.lines[0]?.events.opened(detail);
  few.lines[0]?.events.message("1");
  few.clock.advance(5000);
  few.lines[0]?.events.ended(closed(1000));
  assert.equal(await few.talk.over, 6);
});

test("when the input has ended, quiet ends it, and each message begins the wait anew", async () => {
  const { talk, lines, clock } = conversationOf();
  lines[0]?.events.opened(detail);
  await talk.finish();
  clock.advance(900);
  lines[0]?.events.message("late");
  clock.advance(900);
  assert.deepEqual(lines[0]?.closes, []);
  clock.advance(100);
  assert.deepEqual(lines[0]?.closes, [1000]);
});

test("a peer that does not answer our close frame is cut, and that is a good end", async () => {
  const { talk, lines, clock } = conversationOf();
  lines[0]?.events.opened(detail);
  assert.equal(talk.end(1006), "1006 may not be sent");
  assert.equal(talk.end(4000), undefined);
  clock.advance(2000);
  assert.equal(lines[0]?.isTerminated, true);
  assert.equal(await talk.over, 0);
});

test("--reconnect: it comes back after waits that grow, until it is closed with 1000", async () => {
  const { talk, lines, clock, notes } = conversationOf({ reconnect: true, send: ["once"] });
  lines[0]?.events.ended({ kind: "failed", message: "" });
  clock.advance(250);
  lines[1]?.events.ended({ kind: "failed", message: "" });
  clock.advance(499);
  assert.equal(lines.length, 2);
  clock.advance(1);
  lines[2]?.events.opened(detail);
  await new Promise(setImmediate);
  lines[2]?.events.ended(closed(1006));
  clock.advance(250);
  lines[3]?.events.opened(detail);
  assert.deepEqual([lines[2]?.sent, lines[3]?.sent], [["once"], []]);
  assert.deepEqual(notes, ["trying again in 250 ms", "trying again in 500 ms", "trying again in 250 ms"]);
  lines[3]?.events.ended(closed(1000));
  assert.equal(await talk.over, 0);
});

test("--reconnect: what was said while the line was lost goes out over the next one", async () => {
  const { talk, lines, clock, notes } = conversationOf({ reconnect: true });
  lines[0]?.events.opened(detail);
  lines[0]!.send = async () => Promise.reject(new Error("not open"));
  const said = talk.send("kept");
  await new Promise(setImmediate);
  lines[0]?.events.ended(closed(1006));
  clock.advance(250);
  lines[1]?.events.opened(detail);
  await said;
  assert.deepEqual([lines[1]?.sent, notes], [["kept"], ["trying again in 250 ms"]]);
});

test("ended while it waits to come back, it ends at once; who never got through has no connection", async () => {
  const { talk, lines } = conversationOf({ reconnect: true });
  lines[0]?.events.ended({ kind: "failed", message: "" });
  talk.end();
  assert.equal(await talk.over, 1);
});
