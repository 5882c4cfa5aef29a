import { Fault, type FieldReader } from "./field-reader.ts";
import { defaultLimits, exceedsBytes, formatLimits, type Limits } from "./limits.ts";
import type { ClientMessage, HeartbeatProposal, HistoryRequest, Parsed } from "./messages.ts";
import { parseWith, type Read, readCredentials } from "./parse.ts";

/**
 * Reads what a client sent. Only known fields are kept; everything is checked against `limits` before anything is kept.
 * Answer a fault with an `error` of its code, message and ref. Never throws.
 */
export function parseClientMessage(text: string, limits: Limits = defaultLimits): Parsed<ClientMessage> {
  return parseWith(text, limits === defaultLimits ? defaultReaders : readersFor(limits), limits.messageBytes);
}

const readersByLimits = new WeakMap<Limits, ReadonlyMap<string, Read<ClientMessage>>>();
const defaultReaders = readersFor(defaultLimits);

function readersFor(limits: Limits): ReadonlyMap<string, Read<ClientMessage>> {
  let readers = readersByLimits.get(limits);
  if (readers === undefined) {
    readers = new Map(Object.entries(clientReaders(limits)).map(([type, read]) => [type, withToken(read)]));
    readersByLimits.set(limits, readers);
  }
  return readers;
}

/** Any message may bring a token. */
function withToken(read: Read<ClientMessage>): Read<ClientMessage> {
  return (fields) => (fields.has("token") ? { ...read(fields), token: readToken(fields) } : read(fields));
}

function readToken(fields: FieldReader): string {
  return fields.secret("token", formatLimits.tokenBytes);
}

function clientReaders(limits: Limits): { [T in ClientMessage["type"]]: Read<Extract<ClientMessage, { type: T }>> } {
  const room = (fields: FieldReader): string => fields.name("room", limits.nameBytes);
  return {
    connect: (fields) => ({
      type: "connect",
      ref: fields.integer("ref"),
      version: fields.integer("version"),
      ...(fields.has("session") && { session: readCredentials(fields.object("session")) }),
      ...(fields.has("user") && { user: fields.name("user", limits.nameBytes) }),
      ...(fields.has("heartbeat") && { heartbeat: readHeartbeat(fields.object("heartbeat")) }),
    }),
    refresh: (fields) => ({ type: "refresh", ref: fields.integer("ref"), token: readToken(fields) }),
    join: (fields) => ({
      type: "join",
      ref: fields.integer("ref"),
      room: room(fields),
      ...(fields.has("position") && { position: fields.opaque("position") }),
      ...(fields.has("rewind") && { rewind: fields.integer("rewind", formatLimits.rewind) }),
      ...(fields.has("presence") && { presence: fields.flag("presence") }),
      ...(fields.has("data") && { data: readMemberData(fields, limits.memberDataBytes) }),
    }),
    leave: (fields) => ({ type: "leave", ref: fields.integer("ref"), room: room(fields) }),
    publish: (fields) => ({
      type: "publish",
      ref: fields.integer("ref"),
      room: room(fields),
      data: fields.json("data"),
      ...(fields.has("id") && { id: fields.opaque("id", limits.publishIdBytes) }),
      ...(fields.has("ephemeral") && { ephemeral: fields.flag("ephemeral") }),
    }),
    update: (fields) => ({
      type: "update",
      ref: fields.integer("ref"),
      room: room(fields),
      ...(fields.has("data") && { data: readMemberData(fields, limits.memberDataBytes) }),
    }),
    members: (fields) => ({
      type: "members",
      ref: fields.integer("ref"),
      room: room(fields),
      ...(fields.has("after") && { after: fields.opaque("after") }),
      ...readLimit(fields, formatLimits.membersListed),
    }),
    send: (fields) => ({
      type: "send",
      ref: fields.integer("ref"),
      user: fields.name("user", limits.nameBytes),
      data: fields.json("data"),
    }),
    request: (fields) => ({
      type: "request",
      ref: fields.integer("ref"),
      name: fields.name("name", limits.nameBytes),
      data: fields.json("data"),
    }),
    history: (fields) => readHistoryRequest(fields, room(fields)),
    ping: (fields) => ({ type: "ping", ...(fields.has("ref") && { ref: fields.integer("ref") }) }),
    pong: (fields) => ({ type: "pong", ...(fields.has("ref") && { ref: fields.integer("ref") }) }),
  };
}

function readHeartbeat(fields: FieldReader): HeartbeatProposal {
  return {
    ...(fields.has("intervalMs") && { intervalMs: fields.integer("intervalMs") }),
    ...(fields.has("hiddenIntervalMs") && { hiddenIntervalMs: fields.integer("hiddenIntervalMs") }),
  };
}

function readHistoryRequest(fields: FieldReader, room: string): HistoryRequest {
  if (fields.has("before") && fields.has("after"))
    throw new Fault("bad-message", "a history is asked for before a position or after one, not both");
  return {
    type: "history",
    ref: fields.integer("ref"),
    room,
    ...(fields.has("before") && { before: fields.opaque("before") }),
    ...(fields.has("after") && { after: fields.opaque("after") }),
    ...readLimit(fields, formatLimits.historyMessages),
  };
}

function readLimit(fields: FieldReader, most: number): { limit?: number } {
  const limit = fields.has("limit") ? fields.integer("limit", most) : undefined;
  if (limit === 0) throw new Fault("bad-message", `limit must be an integer from 1 to ${most}, got 0`);
  return limit === undefined ? {} : { limit };
}

function readMemberData(fields: FieldReader, mostBytes: number): unknown {
  const data = fields.json("data");
  if (exceedsBytes(JSON.stringify(data), mostBytes)) {
    throw new Fault("bad-message", `data of a member must be at most ${mostBytes} bytes as JSON`);
  }
  return data;
}
