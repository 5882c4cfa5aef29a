import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessLog, type AccessLogOptions, logLevels } from "../../src/run/access-log.ts";

function logOf(options: Partial<AccessLogOptions> = {}): { log: AccessLog; lines: string[] } {
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text), writableLength: 0 };
  return { log: new AccessLog({ level: "access", format: "text", sink, now: () => new Date("2026-11-21T14:10:00Z"), ...options }), lines };
}

test("for people: time, level, category, fields and text, as websocketd writes them", () => {
  const { log, lines } = logOf();
  log.write("access", "session", "CONNECT", { url: "/a", remote: "::1", origin: undefined, pid: 7 });
  assert.match(
    lines[0] ?? "",
    /^Sat, 21 Nov 2026 \d\d:\d\d:00 [+-]\d{4} \| ACCESS \| session {4}\| url:'\/a' remote:'::1' pid:'7' \| CONNECT\n$/,
  );
});

test("as JSON: one object a line", () => {
  const { log, lines } = logOf({ format: "json" });
  log.write("error", "stderr", 'a "b"\n', { id: "7" });
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    time: "2026-11-21T14:10:00.000Z",
    level: "error",
    category: "stderr",
    id: "7",
    text: 'a "b"\n',
  });
});

test("the level says from where on, none says nothing", () => {
  for (const level of logLevels) {
    const { log, lines } = logOf({ level });
    for (const one of ["debug", "trace", "access", "info", "error", "fatal"] as const) log.write(one, "x", "y");
    assert.equal(lines.length, Math.max(0, 6 - logLevels.indexOf(level)), level);
  }
});

test("a line stays a line, and escape sequences do not reach a terminal", () => {
  const { log, lines } = logOf();
  log.write("error", "stderr", "a\nb\u001b[31m\u009bx\ty", { url: "/\r\nfaked" });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /a\\u000ab\\u001b\[31m\\u009bx\ty\n$/);
  assert.match(lines[0] ?? "", /\/\\u000d\\u000afaked/);
});

test("R13: what lets somebody in is masked in addresses", () => {
  const { log, lines } = logOf();
  log.write("access", "session", "CONNECT", { url: "/x?a=1&access_token=AAA&ticket=BBB&key=CCC&monkey=1&password=D%20D" });
  assert.match(lines[0] ?? "", /\/x\?a=1&access_token=\*\*\*&ticket=\*\*\*&key=\*\*\*&monkey=1&password=\*\*\*'/);
});

test("while nobody reads the log, lines are counted instead of kept", () => {
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text), writableLength: 2_000_000 };
  const { log } = logOf({ sink });
  for (let count = 0; count < 3; count++) log.write("error", "x", "y");
  assert.equal(lines.length, 0);
  sink.writableLength = 0;
  log.write("error", "x", "z");
  assert.match(lines.join(""), /3 lines were left out[^\n]*\n.*z\n$/s);
});
