import type { Page, StoredMessage } from "../../src/broker.ts";
import { epochStart, type Position } from "../../src/position.ts";

/** The position of message `offset` of an epoch, with the tag that a test chooses. */
export function at(offset: number, tag = `t${offset}`, epoch = "e"): Position {
  return offset === 0 ? epochStart(epoch) : { epoch, offset, tag };
}

/** A stored message whose data is its offset. */
export function stored(offset: number, more: Partial<StoredMessage> = {}): StoredMessage {
  const content = `"data":${offset}`;
  return { position: at(offset), previous: offset === 1 ? null : at(offset - 1), content, bytes: content.length, time: 0, ...more };
}

/** The messages from one offset to another, both included. */
export function run(from: number, to: number): StoredMessage[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => stored(from + index));
}

/** A page of these messages whose top is the last of them. */
export function page(messages: StoredMessage[], top: Position = messages.at(-1)?.position ?? at(0)): Page {
  return { messages, floor: messages[0]?.position.offset ?? top.offset, top };
}
