import type { TestContext } from "node:test";
import { readNatsAddress } from "../../src/nats/index.ts";
import { loadNats, type NatsSession, openNats } from "../../src/nats/nats-session.ts";
import { systemClock } from "./system-clock.ts";

/** A connection to a real NATS for one test, and what it said when it was lost. */
export async function natsSession(t: TestContext, port: number, deadlineMs = 3_000): Promise<{ session: NatsSession; losses: unknown[] }> {
  const losses: unknown[] = [];
  const options = { address: readNatsAddress(`nats://127.0.0.1:${port}`), tls: undefined, clock: systemClock, deadlineMs };
  const session = await openNats(await loadNats(), options, (error) => losses.push(error), new AbortController().signal);
  t.after(() => session.destroy());
  return { session, losses };
}
