// The webhook of `openline serve --data`, alone and before workers: the built binary, a real backend that fails, kill -9, and the next process.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Started, start } from "./binary-fixture.ts";
import { connect, listen, until } from "./nodes-fixture.ts";

const secret = "a-plain-secret-of-some-length";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly session?: string;
  readonly data?: unknown;
}

interface Call {
  readonly id: string;
  readonly status: number;
  readonly events: readonly Event[];
}

/** What the page on webhooks shows an application. */
function isOurs(headers: IncomingHttpHeaders, body: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": given } = headers;
  const signed = createHmac("sha256", secret)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest("base64");
  return given === `v1,${signed}` && Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
}

/** The application's backend: answers as it is told, and keeps what came. */
class Backend {
  status = 503;
  readonly calls: Call[] = [];
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  static async start(t: TestContext): Promise<Backend> {
    const http = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        assert.ok(isOurs(request.headers, body), "the signature is ours");
        const { status } = backend;
        backend.calls.push({ id: String(request.headers["webhook-id"]), status, events: (JSON.parse(body) as { events: Event[] }).events });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    t.after(() => http.close());
    const backend = new Backend(`http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`);
    return backend;
  }

  /** What it took, of one session, in the order in which it came. */
  taken(session: string): string[] {
    const events = this.calls.filter(({ status }) => status === 200).flatMap((call) => call.events);
    return events
      .filter((event) => event.session === session)
      .map(({ type, data }) => (data === undefined ? type : `${type} ${String(data)}`));
  }
}

interface Server {
  readonly started: Started;
  readonly port: number;
  ask(path: string, method?: string): Promise<Record<string, unknown>>;
}

async function serve(t: TestContext, ...args: string[]): Promise<Server> {
  const started = start(t, ["serve", "--port", "0", "--log-format", "json", ...args], { OPENLINE_WEBHOOK_SECRET: secret });
  const [, port = ""] = await started.said(/"urls":\["http:\/\/localhost:(\d+)\//);
  const ask = async (path: string, method = "GET"): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`, { method, headers: { connection: "close" } });
    return (await answer.json()) as Record<string, unknown>;
  };
  return { started, port: Number(port), ask };
}

/** Comes, joins, publishes 1 to `count`, leaves and goes. @returns its session */
async function visit(t: TestContext, { port }: Server, count: number): Promise<string> {
  const client = connect(t, port);
  const { room } = await listen(client, "lobby");
  const session = client.session ?? assert.fail("no session");
  for (let number = 1; number <= count; number++) await client.publish("lobby", number);
  await room.leave();
  client.close();
  return session;
}

const whole = ["connect", "join", "publish 1", "publish 2", "publish 3", "leave", "disconnect"];

for (const [name, workers] of [
  ["one process", []],
  ["two workers", ["--workers", "2"]],
] as const) {
  test(`R21: ${name}: what a failing backend did not take is tried again, survives kill -9, and comes in order; what is given up is a dead letter until it is asked for`, async (t) => {
    const data = mkdtempSync(join(tmpdir(), "openline-webhooks-"));
    t.after(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));
    const backend = await Backend.start(t);
    const flags = [...workers, "--data", data, "--webhook-url", backend.url, "--webhook-event", "connect,join,publish,leave,disconnect"];

    const first = await serve(t, ...flags);
    const early = await visit(t, first, 3);
    await until("all wait", async () => (await first.ask("webhooks"))["pending"] === whole.length);
    await until("it was tried again, as the same batch", () =>
      backend.calls.some(({ id }, at) => backend.calls.findIndex((call) => call.id === id) < at),
    );
    first.started.child.kill("SIGKILL");
    await first.started.ended;
    backend.status = 200;

    const second = await serve(t, ...flags, "--webhook-attempts", "1");
    await until("the next process delivers", () => backend.taken(early).length === whole.length);
    assert.deepEqual(backend.taken(early), whole);

    backend.status = 500;
    const late = await visit(t, second, 3);
    await until("they are given up", async () => (await second.ask("webhooks"))["deadLetters"] === whole.length);
    const { deadLetters } = (await second.ask("webhooks/dead-letters")) as { deadLetters: { event: Event; reason: string }[] };
    assert.deepEqual(
      deadLetters.map(({ event, reason }) => [event.session, event.type, reason.includes("500")]),
      whole.map((each) => [late, each.split(" ")[0], true]),
    );
    assert.deepEqual(backend.taken(late), []);
    backend.status = 200;
    assert.deepEqual(await second.ask("webhooks/dead-letters/retry", "POST"), { retried: whole.length });
    await until("they are delivered", () => backend.taken(late).length === whole.length);
    assert.deepEqual(backend.taken(late), whole);
    await until("none is left", async () => {
      const { pending, deadLetters: left, delivered } = await second.ask("webhooks");
      return pending === 0 && left === 0 && delivered === 2 * whole.length;
    });
  });
}
