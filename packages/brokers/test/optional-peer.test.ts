import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPeer } from "../src/optional-peer.ts";

const peer = { name: "lmdb", neededBy: "the durable store" };

const failing = (code: string, message: string) => async (): Promise<never> => {
  throw Object.assign(new Error(message), { code });
};

test("a package that is there is given as it is", async () => {
  assert.equal(await loadPeer(peer, async () => 7), 7);
});

for (const code of ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]) {
  test(`a package that is not there (${code}) is named with who needs it and the line that installs it`, async () => {
    await assert.rejects(loadPeer(peer, failing(code, "Cannot find package 'lmdb' imported from here")), {
      code: "missing-package",
      message: "the durable store needs the package lmdb: npm install lmdb",
    });
  });
}

const otherFaults: readonly (readonly [string, string])[] = [
  ["ERR_MODULE_NOT_FOUND", "Cannot find package 'msgpackr' imported from lmdb"],
  ["ERR_DLOPEN_FAILED", "Cannot open 'lmdb'"],
];

for (const [code, message] of otherFaults) {
  test(`a fault that installing the package would not heal is passed on as it is: ${message}`, async () => {
    await assert.rejects(loadPeer(peer, failing(code, message)), { code, message });
  });
}
