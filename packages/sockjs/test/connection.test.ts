import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionSource, SockjsConnection } from "../src/connection.ts";

const source: ConnectionSource = {
  protocol: "xhr-polling",
  remoteAddress: "192.0.2.1",
  remotePort: 1,
  address: { address: "192.0.2.2", port: 2 },
  headers: {},
  url: "/echo/xhr",
  pathname: "/echo/xhr",
  prefix: "/echo",
  context: undefined,
};

function begin(bufferedBytes = 0): { connection: SockjsConnection; did: string[]; link: { bufferedBytes: number } } {
  const did: string[] = [];
  const link = {
    bufferedBytes,
    write: ({ json }: { json: string }) => did.push(json) > 0,
    close: (code: number, reason: string) => did.push(`close ${code} ${reason}`) > 0,
    destroy: () => void did.push("destroy"),
  };
  return { connection: new SockjsConnection("id", source, link), did, link };
}

test("write answers false from 64 KiB unsent on, then drain comes", () => {
  const { connection, link } = begin(65_535);
  assert.equal(connection.write("a"), true);
  link.bufferedBytes = 65_536;
  let drains = 0;
  connection.on("drain", () => drains++);
  connection.drained();
  assert.equal(drains, 0, "nobody waits");
  assert.equal(connection.write("b"), false);
  connection.drained();
  connection.drained();
  assert.equal(drains, 1);
});

test("it closes with 1000 by default, once; afterwards nothing is written and nothing delivered", () => {
  const { connection, did } = begin();
  connection.on("data", () => did.push("data"));
  assert.equal(connection.close(), true);
  assert.equal(connection.close(3000, "again"), false);
  assert.equal(connection.write("late"), false);
  connection.deliver(["late"]);
  assert.deepEqual(did, ["close 1000 Normal closure"]);
  assert.deepEqual([connection.readyState, connection.writable], [2, false]);
  assert.throws(() => connection.close(999), /999 is not 1000 to 4999/);
});

test("end and close come once, with code and reason; a close from inside a message ends the delivery", () => {
  const { connection, did } = begin();
  connection.on("data", (message) => {
    did.push(message);
    connection.closed(1006, "lost");
  });
  connection.on("end", () => did.push("end"));
  connection.on("close", (code, reason) => did.push(`closed ${code} ${reason}`));
  connection.deliver(["a", "b"]);
  connection.closed(1006, "again");
  connection.destroy();
  assert.deepEqual(did, ["a", "end", "closed 1006 lost"]);
  assert.equal(connection.readyState, 3);
});

test("it is a stream in the old style: connection.pipe(connection) echoes", () => {
  const { connection, did } = begin();
  connection.pipe(connection as unknown as NodeJS.WritableStream);
  connection.deliver(["a"]);
  assert.deepEqual(did, ['"a"']);
});

test("end sends a last message and closes; destroy breaks off", () => {
  const { connection, did } = begin();
  connection.end("bye");
  assert.deepEqual(did, ['"bye"', "close 1000 Normal closure"]);
  connection.destroy();
  assert.equal(did.at(-1), "destroy");
});
