import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { HandshakeOwner } from "../../src/client-handshake.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import { Http2Handshake, usesHttp2 } from "../../src/http2/http2-handshake.ts";
import { SessionPool } from "../../src/http2/session-pool.ts";

const cases: [options: ClientOptions, url: string, uses: boolean][] = [
  [{}, "wss://a", false],
  [{ http2: false }, "wss://a", false],
  [{ http2: true }, "wss://a", true],
  [{ http2: true }, "ws://a", true],
  [{ http2: "auto" }, "wss://a", true],
  [{ http2: "auto" }, "HTTPS://a", true],
  [{ http2: "auto" }, "ws://a", false],
  [{ http2: "auto", protocolVersion: 8 }, "wss://a", false],
  [{ http2: "auto", finishRequest: () => undefined }, "wss://a", false],
];
for (const [options, url, uses] of cases)
  test(`${JSON.stringify(options)} to ${url}: ${uses ? "HTTP/2 is tried" : "HTTP/1.1"}`, () => assert.equal(usesHttp2(options, url), uses));

class Owner implements HandshakeOwner {
  readonly events: string[] = [];
  isConnecting = (): boolean => true;
  redirected = (): void => undefined;
  unexpected = (): boolean => false;
  upgrade = (): void => undefined;
  opened = (): void => void this.events.push("opened");
  addressed(href: string): void {
    this.events.push(`addressed ${href}`);
  }
  failed(error: Error): void {
    this.events.push(`failed ${error.message}`);
  }
}

const start = (owner: Owner, pool: SessionPool): Http2Handshake => {
  const handshake = new Http2Handshake(owner, undefined, [], [], { http2: true }, pool);
  handshake.start("wss://a.example/x");
  return handshake;
};

test("a call that fails is told once, out of the promise; giving up afterwards tells nothing more", async () => {
  const owner = new Owner();
  const handshake = start(owner, new SessionPool(() => Promise.reject(new Error("down"))));
  await settle();
  handshake.abort("too late");
  await settle();
  assert.deepEqual(owner.events, ["addressed wss://a.example/x", "failed down"]);
});

test("given up while the connection is being made, it fails in the next tick, and the call is given up too", async () => {
  const owner = new Owner();
  let signal: AbortSignal | undefined;
  const handshake = start(
    owner,
    new SessionPool((_address, _options, given) => {
      signal = given;
      return new Promise(() => undefined);
    }),
  );
  await settle();
  handshake.abort("not wanted");
  assert.equal(signal?.aborted, true);
  assert.deepEqual(owner.events.slice(1), []);
  await settle();
  assert.deepEqual(owner.events.slice(1), ["failed not wanted"]);
});

test("addresses and subprotocols that cannot be are thrown before anything is sent", () => {
  const pool = new SessionPool(() => assert.fail("nothing is dialled"));
  assert.throws(() => new Http2Handshake(new Owner(), undefined, [], [], { http2: true }, pool).start("ftp://a"), SyntaxError);
  assert.throws(() => new Http2Handshake(new Owner(), undefined, ["a", "a"], [], { http2: true }, pool).start("wss://a"), SyntaxError);
});
