import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { WebSocket } from "@openline/ws";
import { until } from "./nodes-fixture.ts";
import type { Crew } from "./workers-fixture.ts";

/** What a handshake comes to: an open socket, or what it was answered. */
export type Visit =
  | { readonly socket: WebSocket }
  | { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

/** Opens a WebSocket; with an address as a proxy would that names it. */
export async function visit(t: TestContext, { port }: Pick<Crew, "port">, address?: string): Promise<Visit> {
  const headers = address === undefined ? {} : { "x-forwarded-for": address };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/hub`, { headers });
  t.after(() => socket.terminate());
  return await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      // What ends a worker ends its sockets.
      socket.off("error", reject).on("error", () => {});
      resolve({ socket });
    });
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], body }));
    });
  });
}

/** Comes again until it is let in: a place that became free is known elsewhere a moment later. */
export async function comeIn(t: TestContext, crew: Crew, address?: string): Promise<WebSocket> {
  let inside: WebSocket | undefined;
  await until("there is room", async () => {
    const answer = await visit(t, crew, address);
    inside = "socket" in answer ? answer.socket : undefined;
    return inside !== undefined;
  });
  return inside ?? assert.fail("it did not come in");
}

/** Goes again until six in a row are refused, whichever workers they meet: each learns a moment later what the others have. `why`: what the answer says. */
export async function assertFull(t: TestContext, crew: Crew, why: RegExp, address?: string): Promise<void> {
  await until("it is full", async () => {
    for (let turn = 0; turn < 6; turn++) {
      const answer = await visit(t, crew, address);
      if ("socket" in answer) {
        answer.socket.terminate();
        return false;
      }
      assert.equal(answer.status, 503);
      assert.match(answer.retryAfter ?? "", /^[1-9]$/);
      assert.match(answer.body, /"code":"too-many-connections"/);
      assert.match(answer.body, why);
    }
    return true;
  });
}
