import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../call.ts";

test("R24: what was looked at, what it means, what to do; as JSON too; nothing broken is exit 0", async () => {
  const { code, out } = await call(["doctor"]);
  assert.equal(code, 0);
  assert.match(out, /^ok {7}Node\.js: \d+\./m);
  assert.match(out, /socket driver: /);
  assert.ok(!out.includes("\u001b"));
  const json = await call(["doctor", "--json"]);
  assert.ok(JSON.parse(json.out).some(({ what }: { what: string }) => what === "memory"));
  assert.ok((await call(["doctor"], {}, true)).out.includes("\u001b["), "colours on a terminal");
});

test("a server that is not there is exit 1, an address that is none exit 2", async () => {
  const missing = await call(["doctor", "http://127.0.0.1:9"]);
  assert.deepEqual([missing.code, /^FAULT {4}server: /m.test(missing.out)], [1, true]);
  const wrong = await call(["doctor", "chat.example"]);
  assert.deepEqual([wrong.code, wrong.err], [2, 'openline: the address must begin with http:// or https://, not "chat.example"\n']);
  const port = await call(["doctor", "--behind", "http://localhost/", "--port", "many"]);
  assert.deepEqual([port.code, port.err], [2, 'openline: --port must be a whole number from 1 to 65535, not "many"\n']);
  const two = await call(["doctor", "http://localhost/", "--behind", "http://localhost/"]);
  assert.deepEqual([two.code, two.err], [2, 'openline: --behind has an address of its own: leave out "http://localhost/"\n']);
  const alone = await call(["doctor", "--port", "9000"]);
  assert.deepEqual([alone.code, alone.err], [2, "openline: --port and --host are for --behind\n"]);
});
