import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUrl, webPlatform } from "../src/platform.ts";
import { FakeSocket } from "./fake-platform.ts";

/** Sets globals for the time of one call. */
function withGlobals<T>(globals: Record<string, unknown>, call: () => T): T {
  const before = Object.entries(globals).map(([name]) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    return call();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

test("the WebSocket is the one given, else the platform's, else none, and it is looked for only when asked", () => {
  assert.equal(webPlatform(FakeSocket).webSocket(), FakeSocket);
  const platform = webPlatform();
  withGlobals({ WebSocket: FakeSocket }, () => assert.equal(platform.webSocket(), FakeSocket));
  withGlobals({ WebSocket: undefined }, () => assert.equal(platform.webSocket(), undefined));
});

test("relative addresses are resolved against the document, in a worker against its own address", () => {
  const document = { baseURI: "https://house.test/base/" };
  const location = { href: "https://house.test/worker.js", protocol: "https:" };
  withGlobals({ document, location }, () => assert.equal(webPlatform().baseUrl, "https://house.test/base/"));
  withGlobals({ location }, () => assert.deepEqual([webPlatform().baseUrl, webPlatform().securePage], [location.href, true]));
  assert.deepEqual([webPlatform().baseUrl, webPlatform().securePage], [undefined, false]);
});

test("unique names are 24 letters and digits, with and without a cryptographic source", () => {
  const names = [
    webPlatform().uniqueName(),
    webPlatform().uniqueName(),
    withGlobals({ crypto: undefined }, () => webPlatform().uniqueName()),
  ];
  for (const name of names) assert.match(name, /^[0-9a-z]{24}$/);
  assert.equal(new Set(names).size, 3);
});

test("the events of network and visibility are listened to where there are some, and no longer after the end", () => {
  const target = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  const log: string[] = [];
  const globals = {
    addEventListener: target.addEventListener.bind(target),
    document,
  };
  withGlobals(globals, () => {
    const end = webPlatform().watchNetwork({
      offline: () => log.push("offline"),
      online: () => log.push("online"),
      visibility: () => log.push(webPlatform().hidden() ? "hidden" : "shown"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
    document.hidden = true;
    document.dispatchEvent(new Event("visibilitychange"));
    target.dispatchEvent(new Event("offline"));
    target.dispatchEvent(new Event("online"));
    end();
    target.dispatchEvent(new Event("offline"));
    document.dispatchEvent(new Event("visibilitychange"));
  });
  withGlobals({ addEventListener: undefined, document: undefined }, () =>
    webPlatform().watchNetwork({ offline: () => undefined, online: () => undefined, visibility: () => undefined })(),
  );
  assert.deepEqual(log, ["shown", "hidden", "offline", "online"]);
  assert.equal(webPlatform().hidden(), false);
});

test("an error that nobody listens to is thrown asynchronously: the platform reports it as uncaught, and nobody's caller breaks", () => {
  const timers: (() => void)[] = [];
  withGlobals({ setTimeout: (callback: () => void) => timers.push(callback) }, () => webPlatform().reportError(new Error("b")));
  assert.throws(() => timers[0]?.(), /b/);
});

test("the clock is the wall clock with the platform's timers", () => {
  const { clock } = webPlatform();
  assert.ok(Math.abs(clock.now() - Date.now()) < 1_000);
  clock.clearTimeout(clock.setTimeout(() => assert.fail("cleared"), 0));
});

test("URLs are parsed by the platform", () => {
  assert.equal(parseUrl("x", "http://house.test/a/").href, "http://house.test/a/x");
  assert.throws(() => parseUrl("x", undefined), TypeError);
});
