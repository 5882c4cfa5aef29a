import { epochStart, type Position, type Signal, type StoredMessage, type Subscription } from "@openline/hub";

type Member = Subscription["members"][number];

/** What comes over a room's channel. */
export type ChannelEvent =
  | { readonly type: "message"; readonly message: StoredMessage }
  | { readonly type: "signal"; readonly signal: Signal }
  | { readonly type: "entered"; readonly version: number; readonly node: string; readonly member: string }
  | { readonly type: "exited"; readonly version: number; readonly node: string; readonly session: string }
  | { readonly type: "rotated"; readonly epoch: string };

/** Reads `offset epoch tag previous-tag bytes time content`, as the publish script writes it. */
export function readMessage(text: string): StoredMessage {
  const [fields, content] = cut(text, 6);
  const [offsetText = "", epoch = "", tag = "", previousTag = "", bytes, time] = fields;
  const offset = Number(offsetText);
  const previous = offset === 1 ? null : { epoch, offset: offset - 1, tag: previousTag };
  return { position: { epoch, offset, tag }, previous, content, bytes: Number(bytes), time: Number(time) };
}

/** Reads what a script gave as epoch, offset and tag. */
export function readPosition(epoch: string, offset: string, tag: string): Position {
  return offset === "0" ? epochStart(epoch) : { epoch, offset: Number(offset), tag };
}

/** Reads `offset epoch tag fingerprint`, as a publish id is remembered; the last is missing for what was just stored. */
export function readRemembered(text: string): { position: Position; fingerprint: string | undefined } {
  const [fields, rest] = cut(`${text} `, 3);
  const [offset = "", epoch = "", tag = ""] = fields;
  return { position: readPosition(epoch, offset, tag), fingerprint: rest === "" ? undefined : rest.slice(0, -1) };
}

export function writeSignal({ content, time, session }: Signal): string {
  return `g ${time} ${session ?? "-"} ${content}`;
}

/** Reads a text of a room's channel; `undefined` for what a newer version may say. */
export function readEvent(text: string): ChannelEvent | undefined {
  switch (text.slice(0, 2)) {
    case "m ":
      return { type: "message", message: readMessage(text.slice(2)) };
    case "g ":
      return { type: "signal", signal: readSignal(text.slice(2)) };
    case "e ": {
      const [[version, node = ""], member] = cut(text.slice(2), 2);
      return { type: "entered", version: Number(version), node, member };
    }
    case "x ": {
      const [[version, node = ""], session] = cut(text.slice(2), 2);
      return { type: "exited", version: Number(version), node, session };
    }
    case "r ":
      return { type: "rotated", epoch: text.slice(2) };
    default:
      return undefined;
  }
}

/** A member of another node. */
export interface MemberEntry {
  readonly node: string;
  readonly member: Member;
  /** The member as it was written. */
  readonly json: string;
}

/** Reads `node member`, as the members' hash holds it; `undefined` for what no node of ours wrote. */
export function readMemberEntry(text: string): MemberEntry | undefined {
  const [[node = ""], json] = cut(text, 1);
  const member = readMember(json);
  return member === undefined ? undefined : { node, member, json };
}

/** Reads the JSON text of a member. */
export function readMember(json: string): Member | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isMember(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMember(value: unknown): value is Member {
  return typeof value === "object" && value !== null && "session" in value && typeof value.session === "string" && "since" in value;
}

function readSignal(text: string): Signal {
  const [[time, session = "-"], content] = cut(text, 2);
  return { content, time: Number(time), ...(session !== "-" && { session }) };
}

/** The first fields of a text, and all that follows them with whatever spaces it has. */
function cut(text: string, count: number): [string[], string] {
  const fields: string[] = [];
  let from = 0;
  for (let index = 0; index < count; index++) {
    const space = text.indexOf(" ", from);
    fields.push(text.slice(from, space === -1 ? undefined : space));
    from = space === -1 ? text.length : space + 1;
  }
  return [fields, text.slice(from)];
}

/** The parts of a script's answer as texts. */
export function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}
