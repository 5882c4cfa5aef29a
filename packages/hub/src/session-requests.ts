import type { AppRequest, Send } from "@openline/wire";
import { missingRight } from "./access/room-rights.ts";
import { verdictOf } from "./guard.ts";
import { publicationOf, sizeRefusal } from "./publication.ts";
import { askerOf, type RequestContext } from "./room-requests.ts";
import { userRoom } from "./user-directory.ts";

/** What a session asks that belongs to no room. */
export type SessionRequest = Send | AppRequest;

/** Does one request and answers it; rejects on a fault of the server or of a handler. */
export async function answerSessionRequest(context: RequestContext, request: SessionRequest): Promise<void> {
  if (request.type === "send") await send(context, request);
  else await ask(context, request);
}

async function send(context: RequestContext, request: Send): Promise<void> {
  const { hub, settings, connection, session } = context;
  const { ref, user } = request;
  const room = userRoom(user);
  if ((await missingRight(context, ["publish"], room)) !== undefined)
    return connection.refuse(ref, "forbidden", `the session may not send to user ${JSON.stringify(user)}`);
  const { rate, messageBytes } = settings.rules.of(room);
  const tooLarge = sizeRefusal(room, request.data, messageBytes);
  if (tooLarge !== undefined) return connection.refuse(ref, tooLarge.code, tooLarge.message);
  const retryAfterMs = rate === undefined ? 0 : session.rates.take(room, rate, settings.clock.now());
  if (retryAfterMs > 0)
    return connection.refuse(ref, "rate-limited", `direct messages to ${JSON.stringify(user)} come too fast`, retryAfterMs);
  const { guard } = settings;
  const verdict = guard.send && (await verdictOf(settings, guard.send, () => ({ ...askerOf(session), to: user, data: request.data })));
  if (verdict !== undefined && "refuse" in verdict)
    return connection.refuse(ref, verdict.refuse.code, verdict.refuse.message, verdict.refuse.retryAfterMs);
  const data = verdict === undefined ? request.data : verdict.change.data;
  const { content, time } = publicationOf(settings, { room, data, author: session.author, scope: "" });
  const delivered = await hub.users.send(user, { content, time });
  connection.send({ type: "sent", ref, delivered });
  settings.observe({ type: "send", ...session.actor, to: user, data, delivered });
}

async function ask(context: RequestContext, request: AppRequest): Promise<void> {
  const { hub, connection, session } = context;
  const { ref, name } = request;
  const source = { session: session.id, user: session.user, subject: session.subject };
  const result = await hub.requests.answer(name, request.data, source);
  if (result.outcome === "answered") connection.send({ type: "response", ref, data: result.data ?? null });
  else connection.refuse(ref, result.outcome, result.message);
}
