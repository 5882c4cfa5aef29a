import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LineEnd } from "../../src/connect/line.ts";
import { endText, ListenOutput, type Output, type OutputSettings, PeopleOutput, PipeOutput } from "../../src/connect/output.ts";

const settings: OutputSettings = { raw: false, binary: "hex", saveTo: undefined, handshake: false, url: "ws://x/" };
const terminal = { out: process.stdout, err: process.stderr, environment: {}, isInteractive: false };

interface Shown {
  readonly out: string[];
  readonly err: string[];
  readonly raw: Buffer[];
}

function shownBy(kind: "people" | "pipe" | "listen", own: Partial<OutputSettings>, use: (output: Output) => void): Shown {
  const shown: Shown = { out: [], err: [], raw: [] };
  const screen = {
    out: (text: string) => void shown.out.push(text),
    err: (text: string) => void shown.err.push(text),
    bytes: (bytes: Buffer) => void shown.raw.push(bytes),
  };
  const all = { ...settings, ...own };
  const now = (): Date => new Date(0);
  use(
    kind === "people"
      ? new PeopleOutput(all, screen, terminal)
      : kind === "pipe"
        ? new PipeOutput(all, screen)
        : new ListenOutput(all, screen, now),
  );
  return shown;
}

const closed: LineEnd = { kind: "closed", code: 1000, reason: "" };
const failed: LineEnd = { kind: "failed", message: "nobody" };

test("people see arrows, JSON in lines, dumps of bytes, and how it ended", () => {
  const { out, err } = shownBy("people", {}, (output) => {
    output.opened({ url: "ws://x/", subprotocol: "chat", extensions: "permessage-deflate" });
    output.message('{"a":1}');
    output.message(Buffer.from("Hi"));
    output.sent("typed");
    output.pong(1.25);
    output.ended({ kind: "closed", code: 4000, reason: "bye\u001b" });
  });
  assert.match(out[0] ?? "", /^\* connected to ws:\/\/x\/ \(subprotocol chat, permessage-deflate\)/);
  assert.deepEqual(
    [out[1], out[3], out[4]],
    ['< {\n  "a": 1\n}', "* pong after 1.3 ms", "* closed with 4000: the application's own code (bye\\u001b)"],
  );
  assert.match(out[2] ?? "", /^< 2 bytes\n00000000 {2}48 69/);
  assert.deepEqual(err, []);
});

test("a pipe gets the messages alone, as they came; the rest goes to standard error, a good end nowhere", () => {
  const { out, err } = shownBy("pipe", {}, (output) => {
    output.opened({ url: "ws://x/", subprotocol: "", extensions: "" });
    output.message('{"a":1}\u001b');
    output.note("something");
    output.ended(closed);
  });
  assert.deepEqual([out, err], [['{"a":1}\u001b'], ["* something"]]);
  assert.deepEqual(shownBy("pipe", {}, (output) => output.ended(failed)).err, ["openline: no connection to ws://x/: nobody"]);
  const refused = shownBy("pipe", {}, (output) => output.ended({ kind: "out", room: "staff", message: "forbidden: staff only" }));
  assert.deepEqual(refused.err, ["openline: not in the room staff: forbidden: staff only"]);
  const raw = shownBy("pipe", { binary: "raw" }, (output) => output.message(Buffer.from([0, 255])));
  assert.deepEqual([raw.out, raw.raw], [[], [Buffer.from([0, 255])]]);
});

test("--listen: everything is a line of JSON", () => {
  const { out, err } = shownBy("listen", {}, (output) => {
    output.message("a\nb");
    output.message(Buffer.from([0, 255]));
    output.ended(closed);
    output.ended({ kind: "refused", status: 403, text: "403 Forbidden" });
  });
  const time = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(
    out.map((line) => JSON.parse(line) as unknown),
    [
      { event: "message", time, type: "text", data: "a\nb" },
      { event: "message", time, type: "binary", bytes: 2, base64: "AP8=" },
      { event: "close", time, code: 1000, reason: "", meaning: "normal end" },
      {
        event: "error",
        time,
        kind: "refused",
        status: 403,
        text: "403 Forbidden",
        message: "the server refused the handshake: 403 Forbidden",
      },
    ],
  );
  assert.deepEqual(err, []);
});

test("--save: bytes go to files with numbers, and none is overwritten", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-save-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const names: string[] = [];
  for (const kind of ["people", "pipe", "listen"] as const) {
    names.push(...shownBy(kind, { saveTo: folder }, (output) => output.message(Buffer.from(kind))).out);
  }
  for (const [at, kind] of ["people", "pipe", "listen"].entries()) {
    assert.equal(readFileSync(join(folder, `00000${at + 1}.bin`), "utf8"), kind);
    assert.match(names[at] ?? "", new RegExp(`00000${at + 1}\\.bin`));
  }
});

test("an end says what it was", () => {
  assert.equal(endText(closed, "ws://x/"), "closed with 1000: normal end");
  assert.equal(endText(failed, "ws://x/"), "no connection to ws://x/: nobody");
});
