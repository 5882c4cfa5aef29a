import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { inspectToken } from "../../src/token/inspect-token.ts";
import { call } from "../call.ts";

const secret = "0123456789abcdef0123456789abcdef";
const environment = { OPENLINE_JWT_SECRET: secret };
const made = async (...words: string[]): Promise<string> =>
  (await call(["token", "create", "--user", "ada", ...words], environment)).out.trim();

test("it says what stands in a token, times for people, and that a server with this secret lets it in", async () => {
  const { code, out } = await call(["token", "inspect", await made("--expires", "2h")], environment);
  assert.equal(code, 0);
  assert.match(out, /^signed with HS256\n/);
  assert.match(out, / {2}sub {6}"ada"\n/);
  assert.match(out, / {2}exp {6}\d{4}-\d\d-\d\dT[\d:]+Z, in (?:2 h|1 h 59 min) {2}\(good until\)\n/);
  assert.match(out, /\ngood: a server with these settings lets in "ada"\n$/);
});

test("it says why a server would refuse it, by the server's own rules, and exits 1", async () => {
  const token = await made();
  const cases: [string[], Record<string, string>, RegExp][] = [
    [[], { OPENLINE_JWT_SECRET: "another-secret-of-32-characters!!" }, /^refused: the token's signature is not ours$/m],
    [["--jwt-audience", "chat"], environment, /^refused: .*(?:aud|meant)/m],
    [["--jwt-algorithm", "HS512"], environment, /^refused: .*"HS256".*not allowed/m],
  ];
  for (const [words, variables, verdict] of cases) {
    const { code, out } = await call(["token", "inspect", ...words, token], variables);
    assert.equal(code, 1);
    assert.match(out, verdict);
  }
});

test("without anything to check with it says that nothing was checked", async () => {
  const { code, out } = await call(["token", "inspect", await made()]);
  assert.equal(code, 0);
  assert.match(out, /^not checked: /m);
  const json = await call(["token", "inspect", "--json", await made()], environment);
  assert.deepEqual([JSON.parse(json.out).good, JSON.parse(json.out).claims.sub], [true, "ada"]);
});

test("the token may come on standard input, as a header's value has it", async () => {
  let out = "";
  const terminal = { out: { write: (text: string) => (out += text) }, err: { write: () => undefined }, environment, isInteractive: false };
  assert.equal(await inspectToken(undefined, {}, terminal, Readable.from([Buffer.from(`Bearer ${await made()}\n`)])), 0);
  assert.match(out, /good: /);
});

test("what is no token, and nothing at all, exits 2 with the reason and without the text", async () => {
  const { code, err } = await call(["token", "inspect", "hidden.secret"]);
  assert.equal(code, 2);
  assert.match(err, /no JSON Web Token: it has 2 parts/);
  assert.ok(!err.includes("hidden"));
});
