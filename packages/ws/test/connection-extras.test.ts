import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { duplexPair, settle } from "@openline/testkit";
import { Connection } from "../src/connection.ts";
import { ConnectionExtras } from "../src/connection-extras.ts";
import type { ConnectionOwner } from "../src/connection-owner.ts";
import { connectionOptions } from "../src/endpoint-options.ts";
import { StreamDriver } from "../src/stream-driver.ts";
import { maskedFrame } from "./fixtures/raw-client.ts";

const nothing = (): void => undefined;
const owner: ConnectionOwner = { received: nothing, pinged: nothing, ponged: nothing, drained: nothing, failed: nothing, closed: nothing };

/** Shows whether it has extras. */
class Shown extends Connection {
  get has(): ConnectionExtras | undefined {
    return this.extras;
  }
}

function connect(head = ""): { connection: Shown; say: (text: string) => void } {
  const [near, far] = duplexPair();
  far.on("error", nothing);
  const connection = new Shown(new StreamDriver(near), Buffer.from(head, "latin1"), owner, connectionOptions("server", {}, PROFILES.ws));
  return { connection, say: (text) => far.write(maskedFrame(1, text)) };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 8; i++) await settle();
}

test("a connection that only reads and writes makes none", async () => {
  const { connection, say } = connect();
  await turns();
  say("hello");
  await turns();
  connection.machine.sendText("hello");
  connection.sent(undefined);
  await turns();
  assert.equal(connection.has, undefined);
});

const needs: [what: string, need: (connection: Connection) => void, found: Partial<ConnectionExtras>][] = [
  ["a pause", (connection) => connection.pause(), { holds: 1 }],
  ["a sink", (connection) => (connection.streamSink = undefined), { holds: 0 }],
  ["an end without anybody's wish", (connection) => connection.terminate(new Error("gone")), { cause: new Error("gone") }],
];
for (const [what, need, found] of needs) {
  test(`${what} makes them, and they are kept`, () => {
    const { connection } = connect();
    need(connection);
    assert.ok(connection.has instanceof ConnectionExtras);
    assert.deepEqual(connection.has, Object.assign(new ConnectionExtras(), found));
  });
}

test("what came with the handshake is held until reading begins, and no longer", async () => {
  const { connection } = connect(maskedFrame(1, "early").toString("latin1"));
  assert.ok(connection.has?.head);
  await turns();
  assert.equal(connection.has.head, undefined);
});
