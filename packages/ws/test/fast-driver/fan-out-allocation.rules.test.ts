import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const RECEIVERS = 1000;
const MOST_BYTES = 200;
const REQUEST = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "",
  "",
].join("\r\n");

test("a delivery in a fan-out to 1,000 allocates at most 200 bytes by the heap's counter (R2)", async (t) => {
  const server = fileURLToPath(new URL("../fixtures/fan-out-server.ts", import.meta.url));
  // No collection of the young generation in between: what was allocated is then what has been added to the heap.
  const flags = ["--import=tsx", "--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];
  const child = spawn(process.execPath, [...flags, server, String(MOST_BYTES)], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const receivers: Socket[] = [];
  t.after(() => {
    for (const receiver of receivers) receiver.destroy();
  });
  let bytes: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, value] = line.split(" ");
    if (what === "port") receivers.push(...(await connectAll(Number(value))));
    else bytes = Number(value);
  }
  t.diagnostic(`${bytes} bytes per delivery`);
  assert.ok(bytes !== undefined && bytes > 0 && bytes <= MOST_BYTES, `${bytes} bytes`);
});

async function connectAll(port: number): Promise<Socket[]> {
  const receivers: Socket[] = [];
  while (receivers.length < RECEIVERS) {
    const some = Array.from({ length: 50 }, () => connect(port, "127.0.0.1"));
    await Promise.all(some.map(async (socket) => await once(socket, "connect")));
    for (const socket of some)
      socket
        .on("error", () => undefined)
        .resume()
        .write(REQUEST);
    receivers.push(...some);
  }
  return receivers;
}
