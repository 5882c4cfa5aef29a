import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, SharedClient } from "../src/shared.ts";
import { FakePlatform } from "./fake-platform.ts";

const nodeMajor = Number(process.versions.node.split(".")[0]);

test("the entry loads and refuses to connect where WebSocket is absent", { skip: nodeMajor >= 22 }, () => {
  assert.equal(new SharedClient("ws://hub.test/", { autoConnect: false }).state, "idle");
  assert.throws(
    () => new SharedClient("ws://hub.test/"),
    (error) => error instanceof ClientError && error.code === "no-websocket",
  );
});

test("without tabs to share with the client has a connection of its own", { skip: nodeMajor >= 24 }, () => {
  const platform = new FakePlatform();
  const client = new SharedClient("http://hub.test/", { WebSocket: platform.webSocket(), clock: platform.clock });
  platform.establish();
  assert.deepEqual([client.state, platform.socket.url], ["connected", "ws://hub.test/hub"]);
});
