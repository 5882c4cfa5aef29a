import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, type LogOptions, renderLine } from "../src/log.ts";

function lines(options: LogOptions, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const out: string[] = [];
  write(createLog({ ...options, destination: { write: (line) => void out.push(line) } }));
  return out;
}

test("elsewhere than on a terminal a line is one JSON object with level, time and message", () => {
  const [line = ""] = lines({}, (log) => log.info({ port: 8000 }, "listening"));
  const { time, ...rest } = JSON.parse(line);
  assert.deepEqual(rest, { level: "info", port: 8000, msg: "listening" });
  assert.ok(Math.abs(time - Date.now()) < 5000);
});

test("on a terminal a line is for people; the format can be asked for", () => {
  const [coloured = ""] = lines({ terminal: true }, (log) => log.warn({ room: "lobby", n: 2 }, "slow"));
  assert.match(coloured, /^\d\d:\d\d:\d\d /);
  assert.ok(coloured.endsWith(" \u001b[33mWARN \u001b[0m slow room=lobby n=2\n"), coloured);
  const [plain = ""] = lines({ format: "text" }, (log) => log.info("hi"));
  assert.match(plain, /^\d\d:\d\d:\d\d INFO {2}hi\n$/);
  const [json = ""] = lines({ terminal: true, format: "json" }, (log) => log.info("hi"));
  assert.equal(JSON.parse(json).msg, "hi");
});

test("lines below the level are left out", () => {
  assert.equal(lines({ level: "warn" }, (log) => log.info("x")).length, 0);
  assert.equal(lines({ level: "silent" }, (log) => log.error("x")).length, 0);
});

test("R13: secrets never reach a line, in either format", () => {
  for (const format of ["json", "text"] as const) {
    const out = lines({ format }, (log) =>
      log.info({ token: "s3cret", headers: { authorization: "Bearer s3cret", cookie: "s3cret" }, a: { b: { resume: "s3cret" } } }, "x"),
    );
    assert.ok(!out.join("").includes("s3cret"), out.join(""));
    assert.ok(out.join("").includes("[redacted]"));
  }
});

test("a client's text cannot forge a line or a colour", () => {
  const line = renderLine({ level: "info", time: 0, msg: "a\nb\u001b[31m", room: "x\r\ny\u009b1m" }, false);
  assert.doesNotMatch(line, /\p{Cc}/u);
  assert.match(line, /a\\u000ab\\u001b\[31m room="x\\r\\ny\\u009b1m"$/);
});

test("an error is shown with its stack, on one line", () => {
  const [line = ""] = lines({ format: "text" }, (log) => log.error({ err: new Error("broken") }, "failed"));
  assert.match(line, /failed err=Error: broken \| at .*log\.test\.ts/);
});
