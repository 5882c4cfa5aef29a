import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SignJWT } from "jose";
import { type ServerFixture, startServer } from "../server-fixture.ts";

const bearer = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } });
const secret = "0123456789abcdef0123456789abcdef";
const tokenOf = async (user: string, rooms?: object, seconds = 60): Promise<string> =>
  await new SignJWT(rooms === undefined ? {} : { rooms })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .sign(new TextEncoder().encode(secret));

interface PollBody {
  readonly messages: readonly { readonly data: unknown }[];
  readonly position: string;
  readonly complete: boolean;
  readonly code?: string;
}

async function poll({ port }: ServerFixture, query: string, init: RequestInit = {}): Promise<{ status: number; body: PollBody }> {
  const response = await fetch(`http://localhost:${port}/api/rooms/a/messages?${query}`, init);
  return { status: response.status, body: (await response.json()) as PollBody };
}

const dataOf = ({ body }: { body: PollBody }): unknown[] => body.messages.map(({ data }) => data);

/** An event stream, read as a browser would. */
class Events {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  #text = "";

  constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#reader = body.getReader();
    this.#abort = abort;
  }

  /** The next event, `undefined` at the end of the stream. */
  async next(): Promise<{ event: string; id: string | undefined; data: Record<string, unknown> } | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += new TextDecoder().decode(value);
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      const field = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined) return { event: field("event") ?? "message", id: field("id"), data: JSON.parse(data) };
    }
  }

  end(): void {
    this.#abort.abort();
  }
}

async function open(t: TestContext, { port }: ServerFixture, headers: Record<string, string> = {}, query = ""): Promise<Events> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(`http://localhost:${port}/api/rooms/a/messages${query}`, {
    headers: { accept: "text/event-stream", ...headers },
    signal: abort.signal,
  });
  assert.equal(response.status, 200, await (response.ok ? "" : response.text()));
  assert.ok(response.body !== null);
  return new Events(response.body, abort);
}

test("long polling: each poll goes on after the position of the one before, and nothing is lost in between", async (t) => {
  const fixture = await startServer(t);
  const { hub } = fixture.server;
  await hub.publish("a", { data: "早" });
  const first = await poll(fixture, "rewind=10&wait=5");
  assert.deepEqual(dataOf(first), ["早"]);
  await hub.publish("a", { data: 2 });
  const second = await poll(fixture, `after=${first.body.position}&wait=5`);
  const waiting = poll(fixture, `after=${second.body.position}&wait=20`);
  setTimeout(() => void hub.publish("a", { data: 3 }), 100);
  assert.deepEqual([dataOf(second), dataOf(await waiting)], [[2], [3]]);
  const none = await poll(fixture, `after=${(await waiting).body.position}&wait=0`);
  assert.deepEqual([none.status, dataOf(none)], [200, []]);
});

test("long polling: a position of another history is 404 with its name, as over WebSocket it is `recovered: false` (contract 2)", async (t) => {
  const fixture = await startServer(t);
  await fixture.server.hub.publish("a", { data: 1 });
  const { status, body } = await poll(fixture, "after=zzz.9.zzz&wait=5");
  assert.deepEqual([status, body.code], [404, "unknown-position"]);
});

test("a wait that is no number of seconds from 0 to 60 is refused with its value", async (t) => {
  const fixture = await startServer(t);
  const { status, body } = await poll(fixture, "wait=61");
  assert.deepEqual([status, (body as { detail?: string }).detail], [400, 'wait: wait must be a whole number from 0 to 60, not "61"']);
});

test("server-sent events: Last-Event-ID goes on after that message, once each and in order (contract 2)", async (t) => {
  const fixture = await startServer(t);
  const { hub } = fixture.server;
  const events = await open(t, fixture);
  assert.equal((await events.next())?.event, "joined");
  await hub.publish("a", { data: "一" });
  const first = await events.next();
  assert.deepEqual([first?.event, first?.data["data"]], ["message", "一"]);
  events.end();
  await hub.publish("a", { data: 2 });
  await hub.publish("a", { data: 3 });
  const again = await open(t, fixture, { "last-event-id": first?.id ?? "" });
  const joined = await again.next();
  assert.deepEqual([joined?.data["recovered"], joined?.data["replay"], joined?.id], [true, 2, undefined]);
  assert.deepEqual([(await again.next())?.data["data"], (await again.next())?.data["data"]], [2, 3]);
});

test("server-sent events: a stream whose position is unknown says so and goes on from now", async (t) => {
  const fixture = await startServer(t);
  const events = await open(t, fixture, { "last-event-id": "zzz.9.zzz" });
  const joined = await events.next();
  assert.equal(joined?.data["recovered"], false);
  await fixture.server.hub.publish("a", { data: 1 });
  assert.equal((await events.next())?.data["data"], 1);
});

test("readers are no members: who is in the room is not told of them", async (t) => {
  const fixture = await startServer(t);
  const ada = await fixture.join("Ada", "a");
  const events = await open(t, fixture);
  assert.equal((await events.next())?.data["memberCount"], 1);
  await poll(fixture, "wait=0");
  events.end();
  ada.send({ type: "publish", ref: 5, room: "a", data: 1 });
  const heard = await ada.next("message");
  assert.equal(heard["data"], 1);
});

test("the same permissions as over WebSocket: a token, what it grants, and nothing without one (R13)", async (t) => {
  const fixture = await startServer(t, { jwt: { secrets: [secret] }, apiKeys: ["history:0123456789abcdef"] });
  await fixture.server.hub.publish("a", { data: 1 });
  const may = await tokenOf("Ada", { a: ["join", "history"] });
  const mayNot = await tokenOf("Bo", { b: ["join"] });
  const statuses = [
    await poll(fixture, "rewind=5&wait=5", bearer(may)),
    await poll(fixture, "rewind=5&wait=5", bearer(mayNot)),
    await poll(fixture, "rewind=5&wait=5", bearer("nonsense")),
    await poll(fixture, "rewind=5&wait=5"),
    await poll(fixture, "rewind=5&wait=5", bearer("0123456789abcdef")),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [200, 403, 401, 401, 200]);
});

test("R15: a stream ends with its token, and with a revocation", async (t) => {
  const fixture = await startServer(t, { jwt: { secrets: [secret] } });
  const short = await open(t, fixture, { authorization: `Bearer ${await tokenOf("Ada", { a: ["join"] }, 1)}` });
  const revoked = await open(t, fixture, { authorization: `Bearer ${await tokenOf("Bo", { a: ["join"] })}` });
  assert.equal((await short.next())?.event, "joined");
  assert.equal((await revoked.next())?.event, "joined");
  await fixture.server.hub.revoke({ user: "Bo" });
  const banned = await revoked.next();
  const expired = await short.next();
  assert.deepEqual([banned?.event, banned?.data["code"]], ["close", 4406]);
  assert.deepEqual([expired?.event, expired?.data["code"]], ["close", 4504]);
});

test("R8: a drain ends streams with the reason and answers polls, and takes none", async (t) => {
  const fixture = await startServer(t);
  const events = await open(t, fixture);
  await events.next();
  const waiting = poll(fixture, "wait=30");
  while (fixture.server.hub.connectionCount < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const closed = fixture.server.close({ code: 1012, graceMs: 5_000 });
  assert.deepEqual((await events.next())?.data["code"], 1012);
  assert.equal((await waiting).status, 200);
  await closed;
});

test("pages of other origins read only where they are listed, with the fields that their browser asks for", async (t) => {
  const { port } = await startServer(t, { allowedOrigins: ["https://app.test"] });
  const ask = async (origin: string): Promise<Response> =>
    await fetch(`http://localhost:${port}/api/rooms/a/messages?wait=0`, { headers: { origin } });
  const [listed, other] = [await ask("https://app.test"), await ask("https://evil.test")];
  assert.deepEqual([listed.status, listed.headers.get("access-control-allow-origin")], [200, "https://app.test"]);
  assert.equal(other.status, 403);
});
