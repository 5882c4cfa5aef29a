import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "@openline/ws";
import { World } from "../faults/world.ts";
import type { Engine } from "./engines.ts";

const [secret, apiKey] = ["a secret of thirty-two characters!", "an-api-key-of-thirty-two-characters"];

/** What happens at all happens within this time, however busy the machine is; how soon it does is told. */
const mostMs = 60_000;

/** A token of a user, as somebody else's login server signs it. */
function tokenOf(user: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, iat: now, exp: now + 3_600 })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** How an attempt to come in ended: `in`, the status of the refusal, or the close code. */
interface Visit {
  readonly admitted: Promise<"in" | number>;
  readonly closed: Promise<number>;
}

function visit(t: TestContext, url: string, token: string): Visit {
  const socket = new WebSocket(`${url.replace("http", "ws")}hub`, ["openline.v1", `openline.token.${token}`]);
  t.after(() => socket.terminate());
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.once("close", (code: number) => resolve(code)));
  const admitted = new Promise<"in" | number>((resolve) => {
    socket.once("unexpected-response", (_request: unknown, response: { statusCode?: number }) => resolve(response.statusCode ?? 0));
    socket.once("open", () => socket.send(JSON.stringify({ type: "connect", ref: 1, version: 1 })));
    socket.once("message", (data: unknown) => resolve(String(data).includes('"type":"connected"') ? "in" : 1));
    void closed.then(resolve);
  });
  return { admitted, closed };
}

async function becomes(url: string, wanted: "ready" | "store-away"): Promise<number> {
  const from = performance.now();
  for (;;) {
    const answer = await fetch(`${url}ready`);
    const { status } = (await answer.json()) as { status: string };
    // Cut off is what follows when the store has been away for a while.
    if (status === wanted || (wanted === "store-away" && status === "cut-off")) return performance.now() - from;
    assert.ok(performance.now() - from < mostMs, `${status}, not ${wanted}, after ${mostMs} ms`);
    await delay(50);
  }
}

/** A node that the engine cannot be reached from, while another goes on and somebody is revoked there. */
export async function cutOff(t: TestContext, engine: Engine): Promise<void> {
  const store = await engine.start(t);
  const world = await World.onEngine(t, store.port, store.addressOf, "--jwt-secret", secret, "--api-key", apiKey, "--anonymous");
  const [near, far] = [world.node(0).url, world.node(1).url];
  const [ann, bob] = [tokenOf("ann"), tokenOf("bob")];
  const before = visit(t, near, ann);
  assert.equal(await before.admitted, "in");

  world.proxies[0]?.refuse();
  world.proxies[0]?.cut();
  const from = performance.now();
  t.diagnostic(`not ready after ${Math.round(await becomes(near, "store-away"))} ms`);
  assert.equal(await Promise.race([before.closed, delay(mostMs, "still open", { ref: false })]), 1011);
  t.diagnostic(`closed after ${Math.round(performance.now() - from)} ms`);
  assert.equal(await visit(t, near, bob).admitted, 503, "nobody is admitted");
  assert.equal(await visit(t, far, bob).admitted, "in");
  await revoke(far, "ann");
  assert.notEqual(await visit(t, far, ann).admitted, "in");

  world.proxies[0]?.refuse(false);
  await becomes(near, "ready");
  assert.notEqual(await visit(t, near, ann).admitted, "in", "what was revoked meanwhile is known before anybody is served");
  assert.equal(await visit(t, near, bob).admitted, "in");
}

async function revoke(url: string, user: string): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const answer = await fetch(`${url}api/revocations`, { method: "POST", headers, body: JSON.stringify({ user, forMs: 3_600_000 }) });
  assert.equal(answer.status, 201, await answer.text());
}
