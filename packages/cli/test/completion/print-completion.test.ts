import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../call.ts";

test("each shell's script has every setting of serve, and the commands of today", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await call(["completion", shell]);
    assert.equal(code, 0);
    for (const word of ["serve", "doctor", "inspect", "history-messages"]) assert.ok(out.includes(word), `${shell}: ${word}`);
  }
});

test("an unknown shell is refused with those that are known", async () => {
  const { code, err } = await call(["completion", "tcsh"]);
  assert.deepEqual([code, err], [2, 'openline: the shell must be one of bash, zsh, fish, not "tcsh"\n']);
});
