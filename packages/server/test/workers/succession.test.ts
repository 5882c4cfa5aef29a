import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inheritanceOf } from "../../src/workers/succession.ts";

const module = JSON.stringify(pathToFileURL(`${import.meta.dirname}/../../src/workers/succession.ts`).href);

/** A program that starts itself again with its listening socket, and whose successor answers there. */
const program = `
  import { createServer } from "node:net";
  import { once } from "node:events";
  import { inheritanceOf, startSuccessor } from ${module};
  const inheritance = inheritanceOf(process.env);
  if (inheritance === undefined) {
    const server = createServer((socket) => socket.end("old")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    const successor = startSuccessor({ port, descriptors: [server._handle.fd] });
    await successor.ready;
    server.close();
    console.log("old has closed");
    successor.release();
  } else {
    inheritance.ready();
    await inheritance.released;
    const server = createServer((socket) => socket.end("new")).listen({ fd: inheritance.descriptors[0] });
    await once(server, "listening");
    console.log("new listens on the same port", server.address().port === inheritance.port);
    server.close();
    process.disconnect?.();
  }
`;

test("a successor gets the listening socket, waits until its predecessor lets go, and listens on the same port", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  const tsx = import.meta.resolve("tsx");
  const { stdout, stderr } = spawnSync(process.execPath, [`--import=${tsx}`, file], { encoding: "utf8", timeout: 30_000 });
  assert.deepEqual([stdout, stderr], ["old has closed\nnew listens on the same port true\n", ""]);
});

test("a process that was not started by a predecessor inherits nothing", () => {
  assert.equal(inheritanceOf({}), undefined);
});
