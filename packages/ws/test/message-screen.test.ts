import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { ConnectionOwner } from "../src/connection-owner.ts";
import type { MessageCheck } from "../src/message-checks.ts";
import { MessageScreen, type ScreenRules } from "../src/message-screen.ts";
import { TextHeartbeat } from "../src/text-heartbeat.ts";
import { WebSocket } from "../src/websocket.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";

interface Setup {
  readonly screen: MessageScreen;
  /** What came out at either end, in order. */
  readonly log: string[];
  readonly errors: unknown[];
  onMessage: (text: string) => void;
  readonly text: (content: string) => void;
  readonly binary: (content: string) => void;
}

function setUp(rules: Partial<ScreenRules>): Setup {
  const log: string[] = [];
  const errors: unknown[] = [];
  const inner: ConnectionOwner = {
    received: (data, _fragments, isBinary) => {
      const content = Buffer.from(data).toString();
      log.push(isBinary ? `binary ${content}` : content);
      setup.onMessage(content);
    },
    pinged: () => log.push("ping"),
    ponged: () => log.push("pong"),
    drained: () => log.push("drain"),
    failed: (error) => log.push(error.code),
    closed: (code) => log.push(`closed ${code}`),
  };
  const all: ScreenRules = {
    accept: "both",
    heartbeat: undefined,
    checks: [],
    onHandlerError: (error) => errors.push(error),
    ...rules,
  };
  const screen = new MessageScreen(inner, new WebSocket(null), all);
  screen.attach({
    machine: { sendHeartbeat: (text) => log.push(`beat ${text}`), discountMessage: () => log.push("discount") },
    close: (code, reason) => log.push(`close ${code} ${reason}`),
    pause: () => log.push("pause"),
    resume: () => log.push("resume"),
    touch: () => undefined,
  });
  const setup: Setup = {
    screen,
    log,
    errors,
    onMessage: () => undefined,
    text: (content) => screen.received(Buffer.from(content), undefined, false, true),
    binary: (content) => screen.received(Buffer.from(content), undefined, true, true),
  };
  return setup;
}

test('H: accept: "text" closes with 1003 for a binary message, and nothing after it reaches the application (RFC 6455 §7.4.1)', () => {
  const { log, text, binary } = setUp({ accept: "text" });
  text("a");
  binary("b");
  text("c");
  binary("d");
  assert.deepEqual(log, ["a", "close 1003 only text messages are accepted"]);
});

test('H: accept: "binary" closes with 1003 for a text (RFC 6455 §7.4.1)', () => {
  const { log, text, binary } = setUp({ accept: "binary" });
  binary("a");
  text("b");
  assert.deepEqual(log, ["binary a", "close 1003 only binary messages are accepted"]);
});

test("L: a heartbeat of the peer is answered, not counted as talk, and hidden from application and checks", () => {
  const heartbeat = new TextHeartbeat({ probes: ["HeartBeat"], reply: "ok" });
  const checks: MessageCheck[] = [({ text }) => ({ data: `${text}!` })];
  const { screen, log, text, binary } = setUp({ heartbeat, checks });
  text("HeartBeat");
  text("x");
  binary("HeartBeat");
  screen.received(new Uint8Array(0), [Buffer.from("Heart"), Buffer.from("Beat")], false, true);
  assert.deepEqual(log, ["discount", "beat ok", "x!", "HeartBeat!", "discount", "beat ok"]);
});

test("checks are asked in their order; each sees what the one before made of the message", () => {
  const checks: MessageCheck[] = [
    ({ text }) => ({ data: `${text}1` }),
    () => undefined,
    ({ text }) => (text === "drop1" ? { drop: true } : { data: Buffer.from(`${text}2`) }),
  ];
  const { log, text } = setUp({ checks });
  text("a");
  text("drop");
  text("b");
  assert.deepEqual(log, ["binary a12", "binary b12"]);
});

test("a check can close with code and reason; later checks and messages are left out", () => {
  const asked: string[] = [];
  const checks: MessageCheck[] = [
    ({ text }) => (text === "bad" ? { close: 1008, reason: "no" } : undefined),
    ({ text }) => void asked.push(text),
  ];
  const { log, text } = setUp({ checks });
  text("good");
  text("bad");
  text("good");
  assert.deepEqual(log, ["good", "close 1008 no"]);
  assert.deepEqual(asked, ["good"]);
});

test("while a check takes its time reading stands still; order is kept", async () => {
  const checks: MessageCheck[] = [
    async ({ text }) => {
      await settle();
      return { data: `${text}1` };
    },
    ({ text }) => ({ data: `${text}2` }),
    async ({ text }) => {
      await settle();
      return text.startsWith("drop") ? { drop: true } : undefined;
    },
  ];
  const { screen, log, text } = setUp({ checks });
  text("a");
  // What had been read when the transport was lost comes all the same.
  text("drop");
  text("b");
  screen.closed(1006, "", false);
  assert.deepEqual(log, ["pause"]);
  for (let i = 0; i < 12; i++) await settle();
  assert.deepEqual(
    log.filter((line) => line !== "pause" && line !== "resume"),
    ["a12", "b12", "closed 1006"],
  );
  assert.equal(log.filter((line) => line === "pause").length, log.filter((line) => line === "resume").length);
});

test("a slow check that closes leaves out what came behind; the end is told after it", async () => {
  const { screen, log, text } = setUp({ checks: [async () => ({ close: 1008, reason: "late" })] });
  text("a");
  text("b");
  screen.closed(1006, "", false);
  await settle();
  assert.deepEqual(log, ["pause", "resume", "close 1008 late", "closed 1006"]);
});

for (const [name, check] of [
  [
    "throws",
    () => {
      throw new Error("broken");
    },
  ],
  ["is rejected", () => Promise.reject(new Error("broken"))],
] as const satisfies readonly (readonly [string, MessageCheck])[]) {
  test(`H: a check that ${name} lets nothing through: 1011, and the error is reported (RFC 6455 §7.4.1)`, async () => {
    const { log, errors, text } = setUp({ checks: [check] });
    text("a");
    await settle();
    text("b");
    assert.deepEqual(
      log.filter((line) => !/pause|resume/.test(line)),
      ["close 1011 internal error"],
    );
    assert.equal((errors[0] as Error).message, "broken");
    assert.equal(errors.length, 1);
  });
}

test("H: after a listener's throw the connection is closed with 1011, once, and nothing more is given to it (RFC 6455 §7.4.1)", () => {
  const { screen, log, errors, text } = setUp({});
  screen.handlerThrew(new Error("one"));
  screen.handlerThrew(new Error("two"));
  text("a");
  assert.deepEqual(log, ["close 1011 internal error"]);
  assert.equal(errors.length, 2);
});

test("with the policy throw, a listener's throw behind a slow check reaches the process as an exception; the next message still comes", async () => {
  const setup = setUp({ checks: [async () => undefined], onHandlerError: "throw" });
  setup.onMessage = (content) => {
    if (content === "bad") throw new Error("the handler's fault");
  };
  const thrown = nextUncaught();
  setup.text("bad");
  setup.text("next");
  assert.equal((await thrown).message, "the handler's fault");
  for (let i = 0; i < 4; i++) await settle();
  assert.deepEqual(
    setup.log.filter((line) => !/pause|resume/.test(line)),
    ["bad", "next"],
  );
});

test("control events, faults and the end pass through", () => {
  const { screen, log } = setUp({});
  screen.pinged(new Uint8Array(0));
  screen.ponged(new Uint8Array(0));
  screen.drained();
  screen.closed(1000, "", true);
  assert.deepEqual(log, ["ping", "pong", "drain", "closed 1000"]);
});

test("what a check is given stays as it is when the next chunk is read into the same memory", () => {
  const kept: Buffer[] = [];
  const { screen } = setUp({ checks: [({ data }) => void kept.push(data)] });
  const chunk = Buffer.from("first");
  screen.received(chunk, undefined, false, false);
  chunk.fill("x");
  assert.equal(kept[0]?.toString(), "first");
});
