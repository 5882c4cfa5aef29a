import type { IncomingMessage, ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { ConnectionInfo, Hub } from "@openline/hub";
import { operations } from "../api/operations.ts";
import type { HistoryPageQuery } from "../api/schemas.ts";
import type { ApiKeys } from "../api-keys.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { presentedIn } from "../auth/credentials.ts";
import type { Doorkeeper } from "../auth/doorkeeper.ts";
import type { Gate } from "../gate.ts";
import { type Problem, ProblemError, problemResponse } from "../problems.ts";
import { type NodeContext, paramsOf, queryOf } from "../routes/api-route.ts";
import type { HealthSource } from "../routes/health.ts";
import { clientOf, identify } from "../upgrade.ts";
import { boundEnd } from "./bound-end.ts";
import { EventStream } from "./event-stream.ts";
import { LongPoll } from "./long-poll.ts";
import { type Reading, RoomReader } from "./room-reader.ts";

/** What {@link readingRoute} is built from. */
export interface ReadingOptions {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly hub: Pick<Hub, "open" | "isReady">;
  readonly gate: Pick<Gate, "visitorOf">;
  readonly keys: Pick<ApiKeys, "check">;
  /** Undefined where nobody logs in. */
  readonly authenticator: Pick<Authenticator, "handshake"> | undefined;
  readonly doorkeeper: Pick<Doorkeeper, "admit">;
  readonly health: Pick<HealthSource, "draining">;
  /** The cookie in which a token may stand. */
  readonly cookie: string | undefined;
  readonly tokenInEachMessage: boolean;
}

/** Whether a request for a room's messages wants to be told of those to come: any client may ask for that, not only the application's side. */
export function wantsReading({ method, headers, url = "" }: Pick<IncomingMessage, "method" | "headers" | "url">): boolean {
  if (method !== "GET") return false;
  return /\btext\/event-stream\b/i.test(headers.accept ?? "") || /[?&]wait=/.test(url);
}

/**
 * `GET …/api/rooms/{room}/messages` for clients without a library: long polling with `wait`, server-sent events with `Accept: text/event-stream`. Whoever may join the room over
 * WebSocket may read it here, with the same proof: a token in the header or the cookie, a ticket in the address.
 */
export function readingRoute(options: ReadingOptions): (c: NodeContext) => Promise<Response> {
  return async (c) => {
    const { incoming, outgoing } = c.env;
    const { room = "" } = paramsOf(operations.history, c.req.path.slice(options.basePath.length + "api".length));
    const query = queryOf(operations.history, incoming.url ?? "");
    const info = await admit(options, incoming, outgoing);
    if ("code" in info) return problemResponse(info);
    const reading = readingOf(options, room, query, incoming);
    if (query.wait === undefined) return await stream(options.hub, info, reading, outgoing, Object.fromEntries(c.res.headers));
    return await poll(options.hub, info, reading, { waitMs: query.wait * 1000, limit: query.limit, outgoing });
  };
}

function readingOf(
  { tokenInEachMessage, cookie }: ReadingOptions,
  room: string,
  query: HistoryPageQuery,
  request: IncomingMessage,
): Reading {
  const last = request.headers["last-event-id"];
  const after = typeof last === "string" && last !== "" ? last : query.after;
  if (query.before !== undefined) throw new ProblemError("bad-query", "before is for a page of history, not for a stream");
  const token = tokenInEachMessage ? presentedIn(request, cookie)?.token : undefined;
  return { room, after, rewind: query.rewind ?? 0, token };
}

/** Who it is, once all that stands before an upgrade has let it through. */
async function admit(options: ReadingOptions, request: IncomingMessage, response: ServerResponse): Promise<ConnectionInfo | Problem> {
  const { hub, gate, keys, authenticator, doorkeeper, health } = options;
  if (health.draining) return away("shutting-down", "the server is shutting down");
  if (!hub.isReady) return away("unavailable", "this node is cut off from its store and lets nobody in");
  const visitor = gate.visitorOf(request);
  const refused = doorkeeper.admit(visitor.remoteAddress, response);
  if (refused !== undefined) return refused;
  if (keys.check(request.headers.authorization, "history") === "admitted")
    return clientOf(visitor, { isApplication: true, issuedAt: Date.now() });
  if (authenticator === undefined) return clientOf(visitor, undefined);
  const answer = await identify({}, authenticator, request, visitor);
  return "problem" in answer ? answer.problem : clientOf(visitor, answer.identity);
}

const away = (code: Problem["code"], detail: string): Problem => ({ code, detail, headers: { "retry-after": "1" } });

/** How long a client may take to read the answer to a poll. */
const answerMs = 60_000;

/** How a poll is answered, and on what. */
interface PollTerms {
  readonly waitMs: number;
  readonly limit: number;
  readonly outgoing: ServerResponse;
}

async function poll(hub: Pick<Hub, "open">, info: ConnectionInfo, reading: Reading, { outgoing, ...terms }: PollTerms): Promise<Response> {
  const listener = new LongPoll({ room: reading.room, after: reading.after, ...terms });
  const reader = new RoomReader(hub, info, listener);
  outgoing.once("close", () => {
    listener.abandon();
    reader.end();
  });
  reader.read(reading);
  const answer = await listener.answer;
  reader.end();
  boundEnd(outgoing, answerMs);
  if ("problem" in answer) return problemResponse(answer.problem);
  return Response.json(answer, { headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" } });
}

/** Resolves when the stream has begun, or with why it cannot. Events go to the response as they come, without a stream of the web in between. */
function stream(
  hub: Pick<Hub, "open">,
  info: ConnectionInfo,
  reading: Reading,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return new Promise((resolve) => {
    const owner = {
      begun: () => resolve(RESPONSE_ALREADY_SENT),
      refused: (problem: Problem) => resolve(problemResponse(problem)),
      drained: () => reader.drained(),
    };
    const reader = new RoomReader(hub, info, new EventStream(response, owner, headers));
    response.once("close", () => reader.end());
    reader.read(reading);
  });
}
