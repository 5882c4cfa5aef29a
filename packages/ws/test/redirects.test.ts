import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../src/address.ts";
import type { ClientOptions } from "../src/client-options.ts";
import { Redirects } from "../src/redirects.ts";

const follow: ClientOptions = { followRedirects: true };
const here = parseAddress("wss://a.example/x");

const responses: [options: ClientOptions, status: number, location: string | undefined, follows: boolean][] = [
  [follow, 301, "/y", true],
  [follow, 399, "/y", true],
  [follow, 302, undefined, false],
  [follow, 200, "/y", false],
  [follow, 400, "/y", false],
  [{}, 302, "/y", false],
];
for (const [options, status, location, follows] of responses)
  test(`${status} with ${location ?? "no location"} is ${follows ? "" : "not "}followed with ${JSON.stringify(options)} (RFC 9110 §15.4)`, () =>
    assert.equal(new Redirects(options).follows(status, location), follows));

test("a location is read from where it was said, and counts; ten by default", () => {
  const redirects = new Redirects(follow);
  assert.equal(redirects.hasLed, false);
  assert.equal(redirects.next("../y?z", here).href, "wss://a.example/y?z");
  assert.equal(redirects.hasLed, true);
  for (let i = 0; i < 9; i++) redirects.next("https://b.example", here);
  assert.throws(() => redirects.next("/", here), /Maximum redirects exceeded/);
  assert.throws(() => new Redirects(follow).next("http://", here), { name: "SyntaxError", message: "Invalid URL: http://" });
});

const auth = { ...follow, auth: "u:p", headers: { Cookie: "a=1", Host: "mine", "X-Other": "c" } };
const basic = `Basic ${Buffer.from("u:p").toString("base64")}`;
const withAll = { Cookie: "a=1", Host: "mine", "X-Other": "c", authorization: basic };
const places: [to: string, userDecides: boolean, headers: object][] = [
  ["wss://a.example/y", false, withAll],
  ["wss://b.example/", false, { "X-Other": "c" }],
  ["ws://a.example/", false, { Host: "mine", "X-Other": "c" }],
  ["wss://b.example/", true, withAll],
];
for (const [to, userDecides, headers] of places)
  test(`from ${here.href} to ${to}${userDecides ? ", where the user decides," : ""} go ${Object.keys(headers).join(", ")}`, () => {
    const redirects = new Redirects(auth);
    redirects.credentialsFor(here, false);
    assert.deepEqual(redirects.credentialsFor(parseAddress(to), userDecides), { headers, auth: undefined });
  });

test("where none is followed, user and password stay apart from the fields", () => {
  assert.deepEqual(new Redirects({ auth: "u:p" }).credentialsFor(here, false), { headers: {}, auth: "u:p" });
});
