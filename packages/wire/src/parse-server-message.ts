import { Fault } from "./field-reader.ts";
import type { Limits } from "./limits.ts";
import type { Departed, Heartbeat, HistoryMessage, Member, Parsed, ServerMessage, SessionCredentials } from "./messages.ts";
import { parseText } from "./parse.ts";
import { flag, integer, json, list, object, opaque, type Rule, type Shape, text } from "./shape.ts";
import { shorten } from "./text.ts";

/**
 * Reads what a server sent. Only known fields are kept. A fault's `code` tells the client how to log it; a client goes on after one,
 * so that a newer server may say more than it understands. Never throws.
 */
export function parseServerMessage(message: string): Parsed<ServerMessage> {
  return parseText(message, readMessage);
}

const member: Shape<Member> = { session: text, "user?": text, "data?": json, since: integer, "away?": integer };
const members = list(object(member));
const departed: Shape<Departed> = { session: text, "user?": text };
const session: Shape<SessionCredentials> = { id: opaque, resume: opaque };
const heartbeat: Shape<Heartbeat> = { intervalMs: integer, timeoutMs: integer, "hiddenIntervalMs?": integer };
const limits: Shape<Limits> = {
  messageBytes: integer,
  nameBytes: integer,
  publishIdBytes: integer,
  memberDataBytes: integer,
  roomsPerConnection: integer,
  idempotencyWindowMs: integer,
};
const previous: Rule<string | null> = (value, at) => (value === null ? null : opaque(value, at));
const author = { "user?": text, "session?": text };
const stored: Shape<HistoryMessage> = { position: opaque, "previous?": previous, data: json, "id?": opaque, ...author, time: integer };

/** The fields of each type. Names are not checked again here: the server has done so, perhaps with a wider limit than the default one. */
const shapes: { readonly [T in ServerMessage["type"]]: Shape<Omit<Extract<ServerMessage, { type: T }>, "type">> } = {
  connected: {
    ref: integer,
    version: integer,
    session: object(session),
    resumed: flag,
    "user?": text,
    "expiresInMs?": integer,
    heartbeat: object(heartbeat),
    sessionTtlMs: integer,
    limits: object(limits),
    node: text,
    time: integer,
  },
  refreshed: { ref: integer, "expiresInMs?": integer },
  joined: {
    "ref?": integer,
    room: text,
    position: opaque,
    replay: integer,
    "recovered?": flag,
    "members?": members,
    "next?": opaque,
    memberCount: integer,
  },
  left: { "ref?": integer, room: text, "code?": text, "message?": text },
  published: { ref: integer, room: text, "position?": opaque, "duplicate?": flag },
  members: { ref: integer, room: text, members, "next?": opaque, memberCount: integer },
  history: { ref: integer, room: text, messages: list(object(stored)), complete: flag },
  message: { room: text, ...stored },
  ephemeral: { room: text, data: json, ...author, time: integer },
  sent: { ref: integer, delivered: integer },
  direct: { data: json, ...author, time: integer },
  response: { ref: integer, data: json },
  updated: { ref: integer, room: text },
  presence: {
    room: text,
    "joined?": members,
    "left?": list(object(departed)),
    "changed?": members,
    memberCount: integer,
  },
  insufficient: { room: text, position: opaque },
  gap: { room: text, count: integer, position: opaque },
  error: { "ref?": integer, code: text, message: text, "retryAfterMs?": integer },
  ping: { "ref?": integer },
  pong: { "ref?": integer },
};

const readType = object<{ type: string }>({ type: text });
const readers: ReadonlyMap<string, Rule<object>> = new Map(
  Object.entries<Shape<object>>(shapes).map(([type, shape]) => [type, object<object>({ type: text, ...shape })]),
);

function readMessage(value: unknown): ServerMessage {
  const { type } = readType(value, "");
  const read = readers.get(type);
  if (read === undefined) throw new Fault("unknown-type", `type ${shorten(type)} is not known here`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the reader of this type has a rule for each of its fields
  return read(value, "") as ServerMessage;
}
