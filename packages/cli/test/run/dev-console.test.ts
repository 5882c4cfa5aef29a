import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { devConsole } from "../../src/run/dev-console.ts";

test("the page runs its own script and no other: the policy names its hash", () => {
  const { body, fields } = devConsole();
  const script = /<script>([\s\S]*?)<\/script>/.exec(body.toString())?.[1] ?? "";
  assert.ok(script.length > 1000);
  const policy = String(fields["content-security-policy"]);
  assert.ok(policy.includes(`'sha256-${createHash("sha256").update(script).digest("base64")}'`));
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(body.toString(), /\son\w+="|src="http|href="http/);
  assert.equal(fields["content-length"], body.length);
});
