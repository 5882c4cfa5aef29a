import type { Position, Retention } from "@openline/hub";

/** What is written down of a room beside its messages. */
export interface RoomRecord {
  readonly top: Position;
  /** The offset of the oldest message kept; one above the top's when none is. */
  readonly floor: number;
  /** Bytes of the messages kept. */
  readonly bytes: number;
  readonly retention: Retention;
  /** When something was last published, by the publisher's clock; when the room was made, if nothing was. */
  readonly time: number;
}

/** A message as it lies on the disk: its epoch and offset are those of its place. */
export interface MessageRow {
  readonly tag: string;
  /** Of the message before; empty for the first of an epoch. */
  readonly previousTag: string;
  readonly content: string;
  readonly bytes: number;
  readonly time: number;
}

/** A publish id that is remembered. */
export interface UsedId {
  readonly fingerprint: string;
  readonly position: Position;
  readonly until: number;
}

export type Change =
  | { readonly type: "room"; readonly room: string; readonly record: RoomRecord }
  | { readonly type: "remove-room"; readonly room: string }
  | { readonly type: "message"; readonly room: string; readonly offset: number; readonly row: MessageRow }
  /** The messages from `from` up to, not including, `to`. */
  | { readonly type: "drop"; readonly room: string; readonly from: number; readonly to: number }
  | { readonly type: "id"; readonly room: string; readonly key: string; readonly used: UsedId }
  | { readonly type: "forget-ids"; readonly until: number; readonly most: number };

/** A place on a disk. Reads see what was committed; a write is seen whole or not at all, also after a crash. */
export interface Store {
  room(room: string): RoomRecord | undefined;
  /** At most `most` rooms by name, those after `after`. */
  rooms(after: string | undefined, most: number): [string, RoomRecord][];
  /** The kept messages from `from` up to and including `to`, oldest first, each with its offset. */
  messages(room: string, from: number, to: number): Iterable<[number, MessageRow]>;
  usedId(room: string, key: string): UsedId | undefined;
  /** Resolves when the changes, in their order, will survive what the store was opened to survive. Call it again only then. */
  write(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
