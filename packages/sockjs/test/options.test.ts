import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { completeOptions } from "../src/options.ts";

/** The table of the README: what users go by. */
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const told = new Map(Array.from(readme.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm), ([, name = "", value = ""]) => [name, value]));

/** What a cell of it says as a value; `undefined` for one in words. */
function valueIn(cell: string): unknown {
  if (cell === "1 MiB") return 1_048_576;
  if (cell === "root") return "";
  const [text = ""] = /^(?:true|false|\d+|"\w+")(?= ms$|$)/.exec(cell.replaceAll("`", "")) ?? [];
  return text === "" ? undefined : JSON.parse(text);
}

test("the options and their defaults are those that the README tells, and no others (facts §9, §12)", () => {
  const { clock: _, ...settings } = completeOptions({});
  const inWords = new Set(["sockjs_url", "on_error", "admit", "base_url"]);
  assert.deepEqual(new Set(told.keys()), new Set([...Object.keys(settings), "admit", "base_url"]));
  for (const [name, cell] of told)
    if (!inWords.has(name)) assert.equal(settings[name as keyof typeof settings], valueIn(cell), `${name}: ${cell}`);
  assert.equal(settings.sockjs_url, "https://cdn.jsdelivr.net/npm/sockjs-client@1.6.1/dist/sockjs.min.js");
  assert.deepEqual([settings.heartbeat_delay, settings.disconnect_delay, settings.response_limit], [25_000, 5_000, 131_072]);
});

test("an option that cannot be is refused with its name, its value and its limits", () => {
  for (const [options, text] of [
    [{ heartbeat_delay: -1 }, /heartbeat_delay is -1: it must be a whole number from 0 to 2147483647/],
    [{ response_limit: 0 }, /response_limit is 0/],
    [{ max_sessions: 1.5 }, /max_sessions is 1.5/],
    [{ prefix: "/echo/" }, /prefix is "\/echo\/"/],
    [{ prefix: "echo" }, /prefix is "echo"/],
    [{ sockjs_url: "javascript:x" }, /sockjs_url/],
    [{ heartbeat_delay: 0, heartbeat_reply_timeout: 1 }, /heartbeat_reply_timeout needs/],
  ] as const)
    assert.throws(() => completeOptions(options), text);
  // @ts-expect-error -- what a program without types may write, as with the npm package
  assert.throws(() => completeOptions({ log: () => undefined }), /^TypeError: there is no option log; there are prefix, sockjs_url, /);
  // @ts-expect-error -- see above
  assert.throws(() => completeOptions({ websocket_heartbeat: "none" }), /websocket_heartbeat is "none"/);
});

test("undefined is as good as not given", () => {
  // @ts-expect-error -- see above
  assert.equal(completeOptions({ response_limit: undefined }).response_limit, 131_072);
});

test("a listener's throw is thrown again outside, unless on_error takes it", (t) => {
  const queued: (() => void)[] = [];
  t.mock.method(globalThis, "queueMicrotask", (callback: () => void) => void queued.push(callback));
  completeOptions({}).on_error(new Error("thrown by a listener"), undefined);
  assert.throws(() => queued[0]?.(), /thrown by a listener/);
});
