import assert from "node:assert/strict";
import { test } from "node:test";
import { completeOptions } from "../src/options.ts";

test("the defaults are those of the npm package sockjs, and limits that it lacked (facts §9, §12)", () => {
  const { clock: _, on_error: __, ...settings } = completeOptions({});
  assert.deepEqual(settings, {
    prefix: "",
    sockjs_url: "https://cdn.jsdelivr.net/npm/sockjs-client@1.6.1/dist/sockjs.min.js",
    response_limit: 131_072,
    websocket: true,
    jsessionid: false,
    disable_cors: false,
    heartbeat_delay: 25_000,
    disconnect_delay: 5_000,
    websocket_heartbeat: "ping",
    heartbeat_reply_timeout: 0,
    max_body_bytes: 1_048_576,
    max_queue_bytes: 1_048_576,
    max_sessions: 10_000,
    legacy: false,
  });
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
