import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { ClusterListeners } from "../../src/workers/cluster-listeners.ts";

test("sockets that begin to listen while it watches are closed by it, and no others", async (t) => {
  const listeners = new ClusterListeners();
  const ports: number[] = [];
  const servers = [createServer(), createServer(), createServer()];
  t.after(() => {
    for (const server of servers) server.close();
  });
  for (const [index, server] of servers.entries()) {
    if (index === 1) listeners.watch();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    if (index === 1) listeners.rest();
    const address = server.address();
    ports.push(typeof address === "object" ? (address?.port ?? 0) : 0);
  }
  assert.equal(listeners.close(), 1);
  await new Promise(setImmediate);
  const answers = await Promise.all(
    ports.map(async (port) => {
      const socket = connect(port, "127.0.0.1");
      const how = await Promise.race([once(socket, "connect").then(() => "accepted"), once(socket, "error").then(() => "refused")]).catch(
        () => "refused",
      );
      socket.destroy();
      return how;
    }),
  );
  assert.deepEqual(answers, ["accepted", "refused", "accepted"]);
  assert.equal(listeners.close(), 0);
});
