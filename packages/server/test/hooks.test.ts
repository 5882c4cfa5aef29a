import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubActivity, PublishAsk } from "@openline/hub";
import { settle } from "@openline/testkit";
import * as v from "valibot";
import { HookBook, type HookBookOptions, refuse } from "../src/hooks.ts";

interface Book {
  readonly book: HookBook;
  readonly faults: [string, string][];
}

function bookOf(options: Partial<HookBookOptions> = {}): Book {
  const faults: [string, string][] = [];
  const onFault = (error: unknown, hook: string): void => void faults.push([hook, error instanceof Error ? error.message : String(error)]);
  return { book: new HookBook({ timeoutMs: 10_000, onFault, ...options }), faults };
}

const ask = (room: string, data: unknown): PublishAsk => ({
  session: "s1",
  user: "Ada",
  subject: undefined,
  room,
  data,
  id: undefined,
  ephemeral: false,
});

const joined = (room: string): HubActivity => ({ type: "join", session: "s1", room, time: 1 });
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("where no hook listens nothing is asked: no guard stands there", () => {
  const { book } = bookOf({ hooks: { beforeJoin: () => undefined } });
  assert.deepEqual([book.connect, book.publish, book.send, book.leave], [undefined, undefined, undefined, undefined]);
  assert.ok(book.join !== undefined);
});

test("a hook refuses with a reason and a code, or changes the data; the next one is asked with what it made", async () => {
  const { book } = bookOf({ hooks: { beforePublish: ({ data }) => ({ data: [data] }) } });
  assert.deepEqual(await book.publish?.(ask("a", 1)), { change: { data: [1] } });
  const remove = book.add(undefined, { beforePublish: ({ data }) => ({ data: { was: data } }) });
  assert.deepEqual(await book.publish?.(ask("a", 1)), { change: { data: { was: [1] } } });
  remove();
  remove();
  book.add(undefined, { beforePublish: () => refuse("slow down", "rate-limited", 500) });
  assert.deepEqual(await book.publish?.(ask("a", 1)), { refuse: { code: "rate-limited", message: "slow down", retryAfterMs: 500 } });
  assert.deepEqual(refuse("no").refusal, { code: "forbidden", message: "no" });
});

test("N: hooks of a pattern are asked about its rooms only", async () => {
  const { book } = bookOf();
  book.add("chat:*", { beforeJoin: () => refuse("closed") });
  const join = (room: string): unknown => book.join?.({ session: "s1", user: undefined, subject: undefined, room, data: undefined });
  assert.deepEqual(await join("chat:1"), { refuse: { code: "forbidden", message: "closed" } });
  assert.equal(await join("news"), undefined);
});

test("a hook that throws is thrown on: the hub refuses with internal and logs it; so is one that takes too long", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { book } = bookOf({
    hooks: {
      beforeJoin: () => {
        throw new Error("mine");
      },
      beforeLeave: () => new Promise(() => {}),
    },
  });
  const who = { session: "s1", user: undefined, subject: undefined, room: "a", data: undefined };
  await assert.rejects(async () => await book.join?.(who), /mine/);
  const late = assert.rejects(async () => await book.leave?.(who), /beforeLeave did not answer within 10000 ms/);
  await settle();
  t.mock.timers.tick(10_000);
  await late;
});

test("who it is can be set by beforeConnect", async () => {
  const { book } = bookOf({
    hooks: { beforeConnect: ({ token }) => (token === "t" ? { user: "Ada", subject: "u1" } : refuse("who are you?")) },
  });
  const connect = (token: string): unknown => book.connect?.({ user: "x", token, info: {}, session: undefined });
  assert.deepEqual(await connect("t"), { change: { user: "Ada", subject: "u1" } });
  assert.deepEqual(await connect("f"), { refuse: { code: "forbidden", message: "who are you?" } });
});

test("a room's schema is asked before the hook; what does not pass is bad-message, the most specific pattern counts", async () => {
  const seen: unknown[] = [];
  const { book } = bookOf({
    schemas: { "chat:*": v.object({ text: v.pipe(v.string("text must be text"), v.trim()) }), "chat:raw": v.unknown() },
    hooks: { beforePublish: ({ data }) => void seen.push(data) },
  });
  assert.deepEqual(await book.publish?.(ask("chat:1", { text: " hi " })), { change: { data: { text: "hi" } } });
  assert.deepEqual(await book.publish?.(ask("chat:1", { text: 1 })), {
    refuse: { code: "bad-message", message: "text: text must be text" },
  });
  assert.deepEqual(await book.publish?.(ask("chat:raw", 7)), { change: { data: 7 } });
  assert.equal(await book.publish?.(ask("news", 8)), undefined);
  assert.deepEqual(seen, [{ text: "hi" }, 7, 8]);
});

test("after hooks hear in a later turn, in order; what they throw or reject is told, and holds up nobody", async () => {
  const heard: string[] = [];
  const { book, faults } = bookOf({
    hooks: {
      afterJoin: ({ room }) => {
        heard.push(room);
        throw new Error("after");
      },
      afterLeave: () => Promise.reject(new Error("later")),
    },
  });
  book.add("a", { afterJoin: ({ room }) => void heard.push(`only ${room}`) });
  book.observe(joined("a"));
  book.observe(joined("b"));
  book.observe({ type: "leave", session: "s1", room: "a", time: 1 });
  book.observe({ type: "occupied", room: "a", time: 1 });
  assert.deepEqual(heard, [], "not in the turn of the deed");
  await nextTurn();
  await settle();
  assert.deepEqual(heard, ["a", "only a", "b"]);
  assert.deepEqual(faults, [
    ["afterJoin", "after"],
    ["afterJoin", "after"],
    ["afterLeave", "later"],
  ]);
});

test("a disconnect that the application asked for can be refused; a hook that fails refuses too", async () => {
  const { book, faults } = bookOf({ hooks: { beforeDisconnect: ({ user }) => (user === "root" ? refuse("not the admin") : undefined) } });
  assert.equal(await book.beforeDisconnect({ user: "root", reason: undefined }), "not the admin");
  assert.equal(await book.beforeDisconnect({ user: "Ada", reason: undefined }), undefined);
  book.add(undefined, { beforeDisconnect: () => Promise.reject(new Error("x")) });
  assert.match((await book.beforeDisconnect({ user: "Ada", reason: undefined })) ?? "", /failed to decide/);
  assert.deepEqual(faults, [["beforeDisconnect", "x"]]);
});
