import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, ClientError } from "../src/browser.ts";
import { FakePlatform } from "./fake-platform.ts";

const built = fileURLToPath(new URL("../dist/browser.js", import.meta.url));

test("the browser entry loads without throwing where WebSocket is absent, and reaches neither ws nor a Node module", () => {
  // A loader that refuses what a browser would not find; `process` and `Buffer` are taken away like everything else that is Node's.
  const script = `
    import { registerHooks } from "node:module";
    for (const name of ["WebSocket", "process", "Buffer", "require"]) Reflect.deleteProperty(globalThis, name);
    const { Client, ClientError } = await import(${JSON.stringify(built)});
    try { new Client("ws://hub.test/"); } catch (error) { console.log(error.code); }
    console.log(new Client("ws://hub.test/", { autoConnect: false }).state);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script.replace(/.*registerHooks.*\n/, "")], {
    encoding: "utf8",
  });
  assert.equal(stdout, "no-websocket\nidle\n", stderr);
});

test("the client of the browser entry uses the WebSocket it is given and needs a whole address without a page", () => {
  const platform = new FakePlatform();
  const client = new Client("http://hub.test/x/", { WebSocket: platform.webSocket(), clock: platform.clock });
  assert.equal(platform.socket.url, "ws://hub.test/x/hub");
  platform.establish();
  assert.equal(client.state, "connected");
  assert.throws(
    () => new Client("/hub"),
    (error) => error instanceof ClientError && error.code === "bad-url",
  );
});
