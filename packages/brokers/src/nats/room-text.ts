import { type Position, type Signal, type StoredMessage } from "@openline/hub";
import type { StoredText } from "./jetstream.ts";

/** A message as it lies in a stream: `tag time fingerprint content`. */
export interface RoomText {
  readonly tag: string;
  readonly time: number;
  /** `-` for a message without an id. */
  readonly fingerprint: string;
  readonly content: string;
}

export function writeRoomText({ tag, time, fingerprint, content }: RoomText): string {
  return `${tag} ${time} ${fingerprint} ${content}`;
}

export function readRoomText(text: string): RoomText {
  const [one, two] = [text.indexOf(" "), text.indexOf(" ", text.indexOf(" ") + 1)];
  const three = text.indexOf(" ", two + 1);
  return {
    tag: text.slice(0, one),
    time: Number(text.slice(one + 1, two)),
    fingerprint: text.slice(two + 1, three),
    content: text.slice(three + 1),
  };
}

/** The message that lies at `seq`; `previous` as its reader knows it. */
export function messageOf({ seq, text }: StoredText, epoch: string, previous: Position | null | undefined): StoredMessage {
  const { tag, time, content } = readRoomText(text);
  return { position: { epoch, offset: seq, tag }, previous, content, bytes: Buffer.byteLength(content), time };
}

/** A signal as it goes over a room's subject: `time session content`. */
export function writeSignal({ content, time, session }: Signal): string {
  return `${time} ${session ?? "-"} ${content}`;
}

export function readSignal(text: string): Signal {
  const one = text.indexOf(" ");
  const two = text.indexOf(" ", one + 1);
  const session = text.slice(one + 1, two);
  return { content: text.slice(two + 1), time: Number(text.slice(0, one)), ...(session !== "-" && { session }) };
}

/** A room's name as one token of a subject: dots, stars and blanks have a meaning there. */
export const encodeRoom = (room: string): string => Buffer.from(room).toString("base64url");
export const decodeRoom = (token: string): string => Buffer.from(token, "base64url").toString();

/** Where a room is told of what comes live: what was stored in an epoch, or a signal. */
export const liveSubject = (prefix: string, room: string, epoch = "-"): string => `${prefix}.d.${epoch}.${encodeRoom(room)}`;
/** The epoch of what came; `undefined` for a signal. */
export function epochOfLive(subject: string): string | undefined {
  const epoch = subject.split(".").at(-2);
  return epoch === "-" ? undefined : epoch;
}
