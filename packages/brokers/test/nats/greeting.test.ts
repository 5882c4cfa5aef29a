import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { freePort } from "@openline/testkit";
import { firstThatGreets } from "../../src/nats/greeting.ts";

/** A server that greets as told; `undefined`: never. */
async function server(t: TestContext, greeting: string | undefined): Promise<string> {
  const sockets = new Set<Socket>();
  const listening: Server = createServer((socket) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)).on("error", () => {}));
    if (greeting !== undefined) socket.write(greeting);
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  const address = listening.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

test("of several servers the one that greets is taken", async (t) => {
  const greets = await server(t, 'INFO {"server_id":"x"}\r\n');
  const all = [`127.0.0.1:${await freePort()}`, await server(t, undefined), greets];
  assert.equal(await firstThatGreets(all, AbortSignal.timeout(5_000)), greets);
});

test("when none greets until the signal, the reasons are told and no connection stays open", async (t) => {
  const all = [await server(t, undefined), await server(t, "HTTP/1.1 400\r\n"), `127.0.0.1:${await freePort()}`];
  await assert.rejects(firstThatGreets(all, AbortSignal.timeout(200)), (error: AggregateError) => {
    const reasons = error.errors.map(String).join();
    return /does not greet/.test(reasons) && /is no NATS/.test(reasons) && /ECONNREFUSED/.test(reasons);
  });
});
