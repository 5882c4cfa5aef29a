import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { type AskingState, askingPage, PageScript, pageSpeed } from "../src/page-script.ts";

/** A socket on which the test plays the server. */
class Socket extends EventEmitter {
  static readonly all: Socket[] = [];
  readonly sent: string[] = [];
  readonly readyState = 1;
  terminated = false;
  onopen = (): void => {};
  onmessage = (_event: { readonly data: string }): void => {};
  onclose = (): void => {};
  onerror = (): void => {};

  constructor() {
    super();
    Socket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.onclose();
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** The newest connection. */
const newest = (): Socket => Socket.all.at(-1) ?? new Socket();

test("an asking page greets, asks after 3 s of silence, and makes one new connection after a loss that shows in three ways", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new PageScript<AskingState>(askingPage("HeartBeat", { hello: "hello" }), "ws://x", Socket);
  const [first] = [newest()];
  first.onopen();
  first.onmessage({ data: "welcome" });
  t.mock.timers.tick(3000 / pageSpeed);
  assert.deepEqual(first.sent, ["hello", "HeartBeat"]);
  t.mock.timers.tick(20_000 / pageSpeed);
  first.onerror();
  assert.deepEqual([page.state().losses, page.state().opened, [...page.state().messages]], [3, 1, ["welcome"]]);
  const before = Socket.all.length;
  t.mock.timers.tick(4000 / pageSpeed);
  assert.equal(Socket.all.length, before + 1);
  page.close();
  assert.ok(Socket.all.every(({ terminated }) => terminated));
  t.mock.timers.tick(60_000);
  assert.equal(Socket.all.length, before + 1);
});

test("a script that tells nothing of itself is a mistake", () => {
  const page = new PageScript("var nothing", "ws://x", Socket);
  assert.throws(() => page.state(), /no page\.state/);
});
