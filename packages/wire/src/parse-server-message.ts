import type { FieldReader } from "./field-reader.ts";
import type { Limits } from "./limits.ts";
import type { Departed, HistoryMessage, Member, Parsed, ServerMessage } from "./messages.ts";
import { parseWith, type Read, readCredentials } from "./parse.ts";

/**
 * Reads what a server sent. Only known fields are kept. A fault's `code` tells the client how to log it; a client goes on after one,
 * so that a newer server may say more than it understands. Never throws.
 */
export function parseServerMessage(text: string): Parsed<ServerMessage> {
  return parseWith(text, readers, Number.POSITIVE_INFINITY);
}

// Names are not checked again here: the server has done so, perhaps with a wider limit than the default one.
const serverReaders: { [T in ServerMessage["type"]]: Read<Extract<ServerMessage, { type: T }>> } = {
  connected: (fields) => ({
    type: "connected",
    ref: fields.integer("ref"),
    version: fields.integer("version"),
    session: readCredentials(fields.object("session")),
    resumed: fields.flag("resumed"),
    ...readUser(fields),
    ...readExpiry(fields),
    heartbeat: readHeartbeat(fields.object("heartbeat")),
    sessionTtlMs: fields.integer("sessionTtlMs"),
    limits: readLimits(fields.object("limits")),
    node: fields.text("node"),
    time: fields.integer("time"),
  }),
  refreshed: (fields) => ({ type: "refreshed", ref: fields.integer("ref"), ...readExpiry(fields) }),
  joined: (fields) => ({
    type: "joined",
    ...readRef(fields),
    room: fields.text("room"),
    position: fields.opaque("position"),
    replay: fields.integer("replay"),
    ...(fields.has("recovered") && { recovered: fields.flag("recovered") }),
    ...(fields.has("members") && { members: fields.list("members", readMember) }),
    ...readNext(fields),
    memberCount: fields.integer("memberCount"),
  }),
  left: (fields) => ({
    type: "left",
    ...readRef(fields),
    room: fields.text("room"),
    ...(fields.has("code") && { code: fields.text("code") }),
    ...(fields.has("message") && { message: fields.text("message") }),
  }),
  published: (fields) => ({
    type: "published",
    ref: fields.integer("ref"),
    room: fields.text("room"),
    ...(fields.has("position") && { position: fields.opaque("position") }),
    ...(fields.has("duplicate") && { duplicate: fields.flag("duplicate") }),
  }),
  members: (fields) => ({
    type: "members",
    ref: fields.integer("ref"),
    room: fields.text("room"),
    members: fields.list("members", readMember),
    ...readNext(fields),
    memberCount: fields.integer("memberCount"),
  }),
  history: (fields) => ({
    type: "history",
    ref: fields.integer("ref"),
    room: fields.text("room"),
    messages: fields.list("messages", readStored),
    complete: fields.flag("complete"),
  }),
  message: (fields) => ({ type: "message", room: fields.text("room"), ...readStored(fields) }),
  ephemeral: (fields) => ({
    type: "ephemeral",
    room: fields.text("room"),
    data: fields.json("data"),
    ...readAuthor(fields),
    time: fields.integer("time"),
  }),
  sent: (fields) => ({ type: "sent", ref: fields.integer("ref"), delivered: fields.integer("delivered") }),
  direct: (fields) => ({
    type: "direct",
    data: fields.json("data"),
    ...readAuthor(fields),
    time: fields.integer("time"),
  }),
  response: (fields) => ({ type: "response", ref: fields.integer("ref"), data: fields.json("data") }),
  updated: (fields) => ({ type: "updated", ref: fields.integer("ref"), room: fields.text("room") }),
  presence: (fields) => ({
    type: "presence",
    room: fields.text("room"),
    ...(fields.has("joined") && { joined: fields.list("joined", readMember) }),
    ...(fields.has("left") && { left: fields.list("left", readDeparted) }),
    ...(fields.has("changed") && { changed: fields.list("changed", readMember) }),
    memberCount: fields.integer("memberCount"),
  }),
  insufficient: (fields) => ({ type: "insufficient", room: fields.text("room"), position: fields.opaque("position") }),
  gap: (fields) => ({ type: "gap", room: fields.text("room"), count: fields.integer("count"), position: fields.opaque("position") }),
  error: (fields) => ({
    type: "error",
    ...readRef(fields),
    code: fields.text("code"),
    message: fields.text("message"),
    ...(fields.has("retryAfterMs") && { retryAfterMs: fields.integer("retryAfterMs") }),
  }),
  ping: (fields) => ({ type: "ping", ...readRef(fields) }),
  pong: (fields) => ({ type: "pong", ...readRef(fields) }),
};

const readers: ReadonlyMap<string, Read<ServerMessage>> = new Map(Object.entries(serverReaders));

function readStored(fields: FieldReader): HistoryMessage {
  return {
    position: fields.opaque("position"),
    ...(fields.has("previous") && { previous: fields.raw("previous") === null ? null : fields.opaque("previous") }),
    data: fields.json("data"),
    ...(fields.has("id") && { id: fields.opaque("id") }),
    ...readAuthor(fields),
    time: fields.integer("time"),
  };
}

function readMember(fields: FieldReader): Member {
  return {
    session: fields.text("session"),
    ...readUser(fields),
    ...(fields.has("data") && { data: fields.json("data") }),
    since: fields.integer("since"),
    ...(fields.has("away") && { away: fields.integer("away") }),
  };
}

function readExpiry(fields: FieldReader): { expiresInMs?: number } {
  return fields.has("expiresInMs") ? { expiresInMs: fields.integer("expiresInMs") } : {};
}

function readAuthor(fields: FieldReader): { user?: string; session?: string } {
  return { ...readUser(fields), ...(fields.has("session") && { session: fields.text("session") }) };
}

function readUser(fields: FieldReader): { user?: string } {
  return fields.has("user") ? { user: fields.text("user") } : {};
}

function readDeparted(fields: FieldReader): Departed {
  return { session: fields.text("session"), ...readUser(fields) };
}

function readNext(fields: FieldReader): { next?: string } {
  return fields.has("next") ? { next: fields.opaque("next") } : {};
}

function readHeartbeat(fields: FieldReader): { intervalMs: number; timeoutMs: number } {
  return { intervalMs: fields.integer("intervalMs"), timeoutMs: fields.integer("timeoutMs") };
}

function readLimits(fields: FieldReader): Limits {
  return {
    messageBytes: fields.integer("messageBytes"),
    nameBytes: fields.integer("nameBytes"),
    publishIdBytes: fields.integer("publishIdBytes"),
    memberDataBytes: fields.integer("memberDataBytes"),
    roomsPerConnection: fields.integer("roomsPerConnection"),
    idempotencyWindowMs: fields.integer("idempotencyWindowMs"),
  };
}

function readRef(fields: FieldReader): { ref?: number } {
  return fields.has("ref") ? { ref: fields.integer("ref") } : {};
}
