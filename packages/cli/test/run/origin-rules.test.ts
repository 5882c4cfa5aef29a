import assert from "node:assert/strict";
import { test } from "node:test";
import { isOriginAllowed, originRules } from "../../src/run/origin-rules.ts";

interface Flags {
  readonly sameOrigin?: boolean;
  readonly list?: string;
  readonly isForThisMachine?: boolean;
}

function allowed(
  { sameOrigin = false, list, isForThisMachine = true }: Flags,
  origin: string | undefined,
  host = "localhost:8080",
  isSecure = false,
): boolean {
  const rules = originRules({ sameOrigin, list, isForThisMachine });
  assert.ok(typeof rules !== "string", String(rules));
  return isOriginAllowed(rules, { origin, host, isSecure });
}

const cases: readonly [flags: Flags, origin: string | undefined, host: string, expected: boolean][] = [
  // R14: by default the pages of this machine, and programs, which send no Origin.
  [{}, undefined, "localhost:8080", true],
  [{}, "http://localhost:3000", "localhost:8080", true],
  [{}, "http://127.0.0.1", "localhost:8080", true],
  [{}, "https://app.localhost:8443", "localhost:8080", true],
  [{}, "http://[::1]:1", "localhost:8080", true],
  [{}, "https://evil.example", "localhost:8080", false],
  [{}, "http://localhost.evil.example", "localhost:8080", false],
  [{}, "http://evil.example:8080", "evil.example:8080", false],
  [{}, "null", "localhost:8080", false],
  // For everybody: the same origin too.
  [{ isForThisMachine: false }, "http://chat.example:8080", "chat.example:8080", true],
  [{ isForThisMachine: false }, "https://chat.example", "chat.example", true],
  [{ isForThisMachine: false }, "http://chat.example:9", "chat.example:8080", false],
  [{ isForThisMachine: false }, "http://evil.example", "chat.example", false],
  // As websocketd has them.
  [{ list: "any" }, "null", "x", true],
  [{ sameOrigin: true }, "http://localhost:8080", "localhost:8080", true],
  [{ sameOrigin: true }, "http://localhost:3000", "localhost:8080", false],
  [{ sameOrigin: true }, undefined, "localhost:8080", false],
  [{ sameOrigin: true }, "null", "localhost:8080", false],
  [{ list: "chat.example" }, "https://chat.example:9", "x", true],
  [{ list: "chat.example:80" }, "http://chat.example", "x", true],
  [{ list: "chat.example:80" }, "https://chat.example", "x", false],
  [{ list: "https://chat.example" }, "http://chat.example", "x", false],
  [{ list: "https://chat.example" }, "https://chat.example", "x", true],
  [{ list: "chat.example" }, "https://sub.chat.example", "x", false],
  [{ list: "chat.example" }, "https://chat.example.evil", "x", false],
  [{ list: "chat.example" }, "ftp://chat.example", "x", false],
  [{ list: "chat.example" }, undefined, "x", false],
  [{ list: "a.example, b.example" }, "http://b.example", "x", true],
  [{ list: "null" }, "null", "x", true],
  [{ list: "a.example" }, "null", "x", false],
  [{ list: "[::1]:80" }, "http://[::1]", "x", true],
  [{ list: "a.example", sameOrigin: true }, "http://a.example", "b.example", false],
];
for (const [flags, origin, host, expected] of cases) {
  test(`R14: ${JSON.stringify(flags)}: a page of ${origin ?? "no origin"} at ${host} is ${expected ? "let in" : "refused"}`, () => {
    assert.equal(allowed(flags, origin, host), expected);
  });
}

for (const list of ["*.example", "http://", "a b", "host:port"]) {
  test(`the entry ${JSON.stringify(list)} is named`, () => {
    assert.match(String(originRules({ sameOrigin: false, list, isForThisMachine: true })), /--origin/);
  });
}
