import type { HttpBindings } from "@hono/node-server";
import type { PublishOutcome } from "@openline/hub";
import { checkName } from "@openline/wire";
import type { Context } from "hono";
import { isProblemCode, type Problem, ProblemError, problemResponse } from "../problems.ts";
import { bodyKind, decodeBody, readBody } from "../request-body.ts";
import { decodeSegment } from "../request-path.ts";
import type { HealthSource } from "./health.ts";
import type { RoomService } from "./room-service.ts";

/** The context of a route over `node:http`. */
export type NodeContext = Context<{ Bindings: HttpBindings }>;

/**
 * `POST …/api/rooms/{room}/messages`: the body is the data. 201 with the position; 200 with the first one's position and `duplicate: true` when
 * the `Idempotency-Key` was used for the same data before.
 * @throws ProblemError for everything that is wrong with the request itself
 */
export function publishRoute(
  service: RoomService,
  health: Pick<HealthSource, "draining">,
  limitBytes: number,
): (c: NodeContext) => Promise<Response> {
  return async (c) => {
    const { incoming } = c.env;
    const room = roomName(c.req.path);
    const id = idempotencyKey(incoming.headers["idempotency-key"]);
    const kind = bodyKind(incoming.headers["content-type"], incoming.headers["content-encoding"]);
    const data = decodeBody(await readBody(incoming, limitBytes), kind);
    if (health.draining) throw new ProblemError("shutting-down", "the server is shutting down, nothing was stored", { "retry-after": "1" });
    return answer(room, await service.publish(room, id === undefined ? { data } : { data, id }));
  };
}

/** The room of a path `…/rooms/{room}/…`. @throws ProblemError `bad-path` or `bad-name` */
export function roomName(path: string): string {
  const room = decodeSegment(/\/rooms\/([^/]*)\/[^/]*$/.exec(path)?.[1] ?? "");
  const fault = room.startsWith("$")
    ? `${JSON.stringify(room.slice(0, 40))} begins with "$": such rooms belong to the system`
    : checkName(room);
  if (fault !== undefined) throw new ProblemError("bad-name", `the room name ${fault}`);
  return room;
}

function idempotencyKey(field: string | string[] | undefined): string | undefined {
  if (field === undefined) return undefined;
  if (typeof field === "string" && /^[!-~]{1,64}$/.test(field)) return field;
  throw new ProblemError(
    "bad-idempotency-key",
    `the Idempotency-Key must be 1 to 64 visible ASCII characters, not ${JSON.stringify(String(field).slice(0, 100))}`,
  );
}

function answer(room: string, result: PublishOutcome): Response {
  const outcome = result.outcome;
  switch (outcome) {
    case "stored":
      return Response.json({ room, position: result.position }, { status: 201 });
    case "duplicate":
      return Response.json({ room, position: result.position, duplicate: true });
    case "sent":
      return Response.json({ room }, { status: 202 });
    case "rejected":
      return problemResponse(rejection(result.code, result.message));
    case "unknown":
      return problemResponse(unknownOutcome);
    default:
      return outcome satisfies never;
  }
}

const unknownOutcome: Problem = {
  code: "unknown-outcome",
  detail: "the store did not answer: the message may or may not be stored; send it again with the same Idempotency-Key",
  headers: { "retry-after": "1" },
};

function rejection(code: string, detail: string): Problem {
  if (code === "too-large") return { code: "body-too-large", detail };
  return isProblemCode(code) ? { code, detail } : { code: "forbidden", detail: `${code}: ${detail}` };
}
