import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SignJWT } from "jose";
import { type AccessFunctions, createEntrance, type Entrance } from "../../src/auth/entrance.ts";
import { createLog } from "../../src/log.ts";
import { completeSettings, SettingsError } from "../../src/settings.ts";
import type { SettingsInput } from "../../src/settings-schema.ts";

const log = createLog({ level: "silent" });
const secret = "a secret that is long enough: 32 bytes";

function entrance(input: SettingsInput = {}, functions: AccessFunctions = {}): Entrance {
  return createEntrance(completeSettings(input), functions, async () => true, Date.now, log);
}

test("without keys, tokens and a function nobody is asked, and nothing is revoked", () => {
  const { authenticator, access } = entrance();
  assert.deepEqual([authenticator, access.anonymous, access.revocations, access.authenticate], [undefined, true, false, undefined]);
});

test("a key, tokens or a function each make the hub read tokens and follow revocations", () => {
  const inputs: [SettingsInput, AccessFunctions, boolean][] = [
    [{ apiKeys: ["key-0123456789abcdef"] }, {}, true],
    [{ jwt: { secrets: [secret] } }, {}, false],
    [{ anonymous: false, host: "localhost", apiKeys: ["key-0123456789abcdef"] }, { authenticate: () => undefined }, false],
  ];
  for (const [input, functions, anonymous] of inputs) {
    const { access } = entrance(input, functions);
    assert.deepEqual([access.anonymous, access.revocations, typeof access.authenticate], [anonymous, true, "function"]);
  }
});

test("permissions, functions and caps reach the hub", () => {
  const authorize = (): boolean => true;
  const checkMessage = (): undefined => undefined;
  const { access } = entrance({ permissions: { "a:*": ["join"] }, limits: { connectionsPerUser: 3 } }, { authorize, checkMessage });
  assert.deepEqual(
    [access.rooms, access.authorize, access.checkMessage, access.connectionsPerUser],
    [{ "a:*": ["join"] }, authorize, checkMessage, 3],
  );
});

test("a public key is read from its file, or given as text; one that cannot be read is named", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = String(pair.publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(join(folder, "one.pem"), pem);
  const token = await new SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "ES256" }).sign(pair.privateKey);
  for (const given of [join(folder, "one.pem"), pem]) {
    const answer = await entrance({ jwt: { publicKeys: [given] } }).access.authenticate?.(token, { purpose: "connect" });
    assert.equal(answer?.ok, true);
  }
  const broken = (): Entrance => entrance({ jwt: { publicKeys: [join(folder, "none.pem")] } });
  assert.throws(broken, (error: Error) => error instanceof SettingsError && /--jwt-public-key .*none\.pem: ENOENT/.test(error.message));
});
