import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { installOn } from "../src/install.ts";

function scene(): { server: EventEmitter; told: string[]; uninstall: () => void } {
  const server = new EventEmitter();
  const told: string[] = [];
  server.on("request", ({ url }) => told.push(`theirs ${url}`));
  const uninstall = installOn(server, {
    isOurs: ({ url }) => url?.startsWith("/ours") === true,
    handleRequest: ({ url }) => told.push(`ours ${url}`),
    handleUpgrade: ({ url }) => told.push(`our upgrade ${url}`),
  });
  return { server, told, uninstall };
}

test("what lies below the prefix comes here, the rest goes to the listeners that were there", () => {
  const { server, told } = scene();
  for (const url of ["/ours/x", "/theirs"]) server.emit("request", { url });
  server.emit("upgrade", { url: "/ours/x" });
  assert.deepEqual(told, ["ours /ours/x", "theirs /theirs", "our upgrade /ours/x"]);
});

test("an upgrade that nobody listens for ends its connection", () => {
  const { server } = scene();
  let destroyed = 0;
  server.emit("upgrade", { url: "/theirs" }, { destroy: () => destroyed++ });
  assert.equal(destroyed, 1);
});

test("uninstalled, the listeners are as before; a later one's are left alone", () => {
  const { server, told, uninstall } = scene();
  uninstall();
  server.emit("request", { url: "/ours/x" });
  assert.deepEqual(told, ["theirs /ours/x"]);
  assert.equal(server.listenerCount("upgrade"), 0);
  const later = scene();
  later.server.removeAllListeners("request");
  later.uninstall();
  assert.equal(later.server.listenerCount("request"), 0);
});
