import type { HubPublication, PublishOutcome } from "@openline/hub";
import { operations } from "../api/operations.ts";
import type { OutgoingMessage } from "../api/schemas.ts";
import { type Problem, ProblemError, problemDetails, refusalProblem } from "../problems.ts";
import { type ApiAnswer, type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/**
 * `POST …/api/rooms/{room}/messages`: the body is the data. 201 with the position; 200 with the first one's position and `duplicate: true` when
 * the `Idempotency-Key` was used for the same data before; 202 for an ephemeral one.
 */
export function addPublish(routes: ApiRoutes, service: Pick<RoomService, "publish">): void {
  addOperation(routes, operations.publish, async ({ params: { room = "" }, query, body, field }) => {
    const id = idempotencyKey(field("idempotency-key"));
    const { user } = query;
    const publication: HubPublication = {
      data: body,
      ...(id !== undefined && { id }),
      ...(user !== undefined && { user }),
      ...(query.ephemeral === "true" && { ephemeral: true }),
    };
    return answer(room, await service.publish(room, publication));
  });
}

/** `POST …/api/messages`: many messages, those to one room in their order. One that cannot be stored does not hold up the others. */
export function addPublishMany(routes: ApiRoutes, service: Pick<RoomService, "publish">): void {
  const { bodyLimitBytes } = routes;
  addOperation(routes, operations.publishMany, async ({ body: { messages } }) => {
    const lanes = new Map<string, Promise<unknown>>();
    const results = messages.map((message) => {
      const result = (lanes.get(message.room) ?? Promise.resolve()).then(async () => await publishOne(service, message, bodyLimitBytes));
      lanes.set(message.room, result);
      return result;
    });
    return { status: 200, body: { results: await Promise.all(results) } };
  });
}

async function publishOne(
  service: Pick<RoomService, "publish">,
  { room, data, id, user, ephemeral }: OutgoingMessage,
  limit: number,
): Promise<object> {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > limit) {
    const problem: Problem = { code: "body-too-large", detail: `data has ${bytes} bytes as JSON, the limit is ${limit}` };
    return { outcome: "rejected", room, problem: problemDetails(problem) };
  }
  const result = await service.publish(room, {
    data,
    ...(id !== undefined && { id }),
    ...(user !== undefined && { user }),
    ...(ephemeral === true && { ephemeral }),
  });
  switch (result.outcome) {
    case "stored":
    case "duplicate":
      return { outcome: result.outcome, room, position: result.position };
    case "sent":
      return { outcome: "sent", room };
    case "rejected":
      return { outcome: "rejected", room, problem: problemDetails(refusalProblem(result)) };
    case "unknown":
      return { outcome: "unknown", room, problem: problemDetails(unknownOutcome) };
    default:
      return result satisfies never;
  }
}

function idempotencyKey(field: string | undefined): string | undefined {
  if (field === undefined || /^[!-~]{1,64}$/.test(field)) return field;
  throw new ProblemError(
    "bad-idempotency-key",
    `the Idempotency-Key must be 1 to 64 visible ASCII characters, not ${JSON.stringify(field.slice(0, 100))}`,
  );
}

function answer(room: string, result: PublishOutcome): ApiAnswer {
  switch (result.outcome) {
    case "stored":
      return { status: 201, body: { room, position: result.position } };
    case "duplicate":
      return { status: 200, body: { room, position: result.position, duplicate: true } };
    case "sent":
      return { status: 202, body: { room } };
    case "rejected":
      return { problem: refusalProblem(result) };
    case "unknown":
      return { problem: unknownOutcome };
    default:
      return result satisfies never;
  }
}

const unknownOutcome: Problem = {
  code: "unknown-outcome",
  detail: "the store did not answer: the message may or may not be stored; send it again with the same Idempotency-Key",
  headers: { "retry-after": "1" },
};
