import assert from "node:assert/strict";
import { test } from "node:test";
import { jwtVerify, SignJWT } from "jose";
import { Tickets } from "../../src/auth/tickets.ts";

const key = "key-0123456789abcdef";

/** Two nodes that share what was used. */
function nodes(keys: string[] = [key]): { one: Tickets; two: Tickets; pass: (ms: number) => void } {
  let now = 1_790_000_000_000;
  const used = new Set<string>();
  const claim = async (id: string): Promise<boolean> => !used.has(id) && used.add(id).has(id);
  const node = (): Tickets => new Tickets(keys, claim, () => now);
  return { one: node(), two: node(), pass: (ms) => (now += ms) };
}

async function outcome(tickets: Tickets, ticket: string, origin?: string): Promise<string> {
  const answer = await tickets.redeem(ticket, origin);
  return answer.ok ? `user ${answer.identity.subject}` : answer.message;
}

test("O: a one-time ticket made on one node is good on another, once, and thrown away (R13)", async () => {
  const { one, two } = nodes();
  const { ticket } = await one.issue({ user: "阿达", ttlMs: 30_000, rooms: { "a:*": ["join"] } });
  assert.ok(one.isTicket(ticket));
  const answer = await two.redeem(ticket, undefined);
  assert.ok(answer.ok);
  const { tokenId, ...identity } = answer.identity;
  assert.deepEqual(identity, { subject: "阿达", issuedAt: 1_790_000_000_000, rooms: { "a:*": ["join"] } });
  assert.match(tokenId ?? "", /^[\w-]{22}$/);
  assert.equal(await outcome(one, ticket), "the ticket was used before");
  const other = await one.issue({ user: "阿达", ttlMs: 30_000 });
  assert.notEqual(other.ticket, ticket);
});

test("O: a ticket lasts as long as it was made for, and may say how long the connection does", async () => {
  const { one, pass } = nodes();
  const { ticket, expiresAt } = await one.issue({ user: "ada", ttlMs: 30_000, connectionTtlMs: 60_000 });
  const late = await one.issue({ user: "ada", ttlMs: 30_000 });
  assert.equal(expiresAt, 1_790_000_030_000);
  pass(29_999);
  const answer = await one.redeem(ticket, undefined);
  assert.equal(answer.ok && answer.identity.expiresAt, 1_790_000_029_999 + 60_000);
  pass(5_001);
  assert.deepEqual(await one.redeem(late.ticket, undefined), { ok: false, why: "expired", message: "the ticket has expired" });
});

test("O: a ticket that is bound to a page is good from there only, and is not used up elsewhere (R14)", async () => {
  const { one } = nodes();
  const { ticket } = await one.issue({ user: "ada", ttlMs: 30_000, origin: "https://chat.example" });
  for (const origin of [undefined, "null", "http://chat.example", "https://chat.example.evil.example"]) {
    assert.equal(await outcome(one, ticket, origin), "the ticket is for another page");
  }
  assert.equal(await outcome(one, ticket, "https://chat.example:443"), "user ada");
});

test("O: nobody without the key can make or change a ticket, and a key that is not for tickets makes none", async () => {
  const { one } = nodes();
  const { ticket } = await one.issue({ user: "ada", ttlMs: 30_000 });
  const other = nodes(["another-key-0123456789"]).one;
  assert.equal(await outcome(other, ticket), "the ticket is not ours");
  const [head = "", , signature = ""] = ticket.split(".");
  const forged = [head, Buffer.from(JSON.stringify({ sub: "eve" })).toString("base64url"), signature].join(".");
  assert.equal(await outcome(one, forged), "the ticket is not ours");
  // The key itself must not do: it would let a token of another make pass.
  const own = new SignJWT({ at: 0, ttlMs: 1e15 })
    .setProtectedHeader({ alg: "HS256", typ: "openline-ticket" })
    .setSubject("eve")
    .setJti("x");
  assert.equal(await outcome(one, await own.sign(new TextEncoder().encode(key))), "the ticket is not ours");
  await assert.rejects(jwtVerify(ticket, new TextEncoder().encode(key)));
  for (const keys of [[], [`publish:${key}`]]) {
    const none = nodes(keys).one;
    assert.equal(none.canIssue, false);
    await assert.rejects(none.issue({ user: "ada", ttlMs: 1000 }), /signed with an API key/);
  }
  assert.equal(await outcome(nodes(["a-newer-key-012345", key]).one, ticket), "user ada");
});

test("only what says that it is one is a ticket", async () => {
  const { one } = nodes();
  const token = await new SignJWT({}).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode("s".repeat(32)));
  for (const text of ["", "x", "a.b.c", token]) assert.equal(one.isTicket(text), false);
});
