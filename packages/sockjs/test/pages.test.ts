import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlfilePrelude, iframePage } from "../src/pages.ts";

test("the iframe page loads the client from the address it is given, and its validator changes with it (facts §3)", () => {
  const [first, second] = [iframePage("/sockjs.js"), iframePage("/other.js")];
  assert.ok(first.body.includes('  <script src="/sockjs.js"></script>\n'));
  assert.notEqual(first.etag, second.etag);
  assert.match(first.etag, /^"[\w-]+"$/);
  assert.ok(iframePage('/a"><script>').body.includes('src="/a&quot;>&lt;script>"'));
});

test("the htmlfile prelude calls the page's function, is longer than 1 KiB and ends in blanks (facts §6)", () => {
  const prelude = htmlfilePrelude("cb.x");
  assert.ok(prelude.includes("    var c = parent.cb.x;\n"));
  assert.match(prelude, /<\/script> +\r\n\r\n$/);
  assert.ok(prelude.length > 1024);
});
