import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { test } from "node:test";
import { HandshakeError } from "@openline/protocol";
import { settle } from "@openline/testkit";
import { parseAddress } from "../../src/address.ts";
import type { Line } from "../../src/http2/dial.ts";
import { type Leased, SessionPool } from "../../src/http2/session-pool.ts";

const address = parseAddress("wss://a.example/chat");
const wanted = new AbortController().signal;

class Session extends EventEmitter {
  closed = false;
  readonly destroyed: boolean = false;
  readonly remoteSettings: { maxConcurrentStreams: number };
  constructor(most: number) {
    super();
    this.remoteSettings = { maxConcurrentStreams: most };
  }
  close(): void {
    this.closed = true;
    this.emit("close");
  }
}

/** A pool, and what it dialled; each call is answered with `answer`. */
function pool(answer: () => Line | Promise<Line>): { pool: SessionPool; calls: { signal: AbortSignal }[] } {
  const calls: { signal: AbortSignal }[] = [];
  const dial = async (_address: unknown, _options: unknown, signal: AbortSignal): Promise<Line> => {
    calls.push({ signal });
    return await answer();
  };
  return { pool: new SessionPool(dial), calls };
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the pool asks of a session
const http2 = (most: number): Line => ({ kind: "http2", session: new Session(most) as unknown as ClientHttp2Session });

const endOf = (leased: Leased | undefined): void => {
  assert.ok(leased?.kind === "http2");
  leased.end();
  leased.end();
};

test("whoever asks while a connection is being made waits for it; it ends with the last lease, each ended once", async () => {
  const { pool: shared, calls } = pool(() => http2(10));
  const [a, b] = await Promise.all([shared.lease({ address, options: {} }, wanted), shared.lease({ address, options: {} }, wanted)]);
  assert.equal(calls.length, 1);
  assert.equal(shared.size, 1);
  endOf(a);
  assert.equal(shared.size, 1);
  endOf(b);
  assert.equal(shared.size, 0);
});

test("of many that ask in one turn none gets room that is not there (RFC 9113 §5.1.2)", async () => {
  const { pool: shared, calls } = pool(() => http2(2));
  const leases = await Promise.all(Array.from({ length: 5 }, () => shared.lease({ address, options: {} }, wanted)));
  assert.equal(calls.length, 3);
  assert.equal(new Set(leases.map((leased) => (leased.kind === "http2" ? leased.session : undefined))).size, 3);
});

test("after GOAWAY a connection gets nobody new (RFC 9113 §6.8)", async () => {
  const { pool: shared, calls } = pool(() => http2(10));
  const first = await shared.lease({ address, options: {} }, wanted);
  assert.ok(first.kind === "http2");
  first.session.emit("goaway");
  assert.equal(shared.size, 0);
  await shared.lease({ address, options: {} }, wanted);
  assert.equal(calls.length, 2);
});

const places: [what: string, url: string, options: object, isShared: boolean][] = [
  ["another path", "wss://a.example/other", {}, true],
  ["equal bytes of a certificate", "wss://a.example", { ca: Buffer.from("x") }, true],
  ["another host", "wss://b.example", { ca: Buffer.from("x") }, false],
  ["another port", "wss://a.example:444", { ca: Buffer.from("x") }, false],
  ["no TLS", "ws://a.example", { ca: Buffer.from("x") }, false],
  ["other bytes of a certificate", "wss://a.example", { ca: Buffer.from("y") }, false],
  ["a client certificate", "wss://a.example", { ca: Buffer.from("x"), cert: "c" }, false],
  ["no verification", "wss://a.example", { ca: Buffer.from("x"), rejectUnauthorized: false }, false],
];
for (const [what, url, options, isShared] of places)
  test(`${what}: ${isShared ? "the same connection" : "a connection of its own"}`, async () => {
    const { pool: shared, calls } = pool(() => http2(10));
    const base = "ca" in options ? { ca: Buffer.from("x") } : {};
    await shared.lease({ address, options: base }, wanted);
    await shared.lease({ address: parseAddress(url), options }, wanted);
    assert.equal(calls.length, isShared ? 1 : 2);
  });

test("a socket that speaks HTTP/1.1 is for the first; what a server lacks, and a fault, is for all who waited", async () => {
  const socket = {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pool passes it on unseen
  const http1 = pool(() => ({ kind: "http1", socket }) as Line).pool;
  const places = [1, 2].map(() => http1.lease({ address, options: {} }, wanted));
  assert.deepEqual(await Promise.all(places), [
    { kind: "http1", socket },
    { kind: "http1", socket: undefined },
  ]);
  const error = new HandshakeError("HANDSHAKE_NO_CONNECT_PROTOCOL");
  const lacking = pool(() => ({ kind: "lacking", error })).pool;
  const answers = await Promise.all([1, 2].map(() => lacking.lease({ address, options: {} }, wanted)));
  for (const answer of answers) assert.deepEqual(answer, { kind: "lacking", error });
  const failing = pool(() => Promise.reject(new Error("down"))).pool;
  const faults = await Promise.allSettled([1, 2].map(() => failing.lease({ address, options: {} }, wanted)));
  for (const { status } of faults) assert.equal(status, "rejected");
});

test("a connection that nobody waits for any more is given up; as long as one does it goes on", async () => {
  const { pool: shared, calls } = pool(() => new Promise(() => undefined));
  const [first, second] = [new AbortController(), new AbortController()];
  void shared.lease({ address, options: {} }, first.signal);
  void shared.lease({ address, options: {} }, second.signal);
  await settle();
  first.abort();
  assert.equal(calls[0]?.signal.aborted, false);
  second.abort();
  assert.equal(calls[0]?.signal.aborted, true);
});

test("whoever comes after a connection was given up has one made anew, and does not inherit its fault", async () => {
  const answers: (() => void)[] = [];
  const { pool: shared, calls } = pool(
    () => new Promise((resolve, reject) => answers.push(calls.length > 1 ? () => resolve(http2(10)) : () => reject(new Error("given up")))),
  );
  const given = new AbortController();
  const first = shared.lease({ address, options: {} }, given.signal);
  await settle();
  given.abort();
  const second = shared.lease({ address, options: {} }, wanted);
  await settle();
  for (const answer of answers) answer();
  await assert.rejects(first, /given up/);
  endOf(await second);
  assert.equal(calls.length, 2);
});

test("a connection whose socket was closed meanwhile is not kept", async () => {
  const { pool: shared } = pool(() => http2(10));
  const lease = await shared.lease({ address, options: {} }, wanted);
  assert.equal(shared.size, 1);
  endOf(lease);
  await settle();
  assert.equal(shared.size, 0);
});
