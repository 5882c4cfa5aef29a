/**
 * Where a stored message stands. Offsets rise but need not be dense; the tag is random. Offset 0 is the empty start of an epoch, where no
 * message stands (ARCHITECTURE, the hub's contract, 1).
 */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: string;
}

const form = /^([\w-]{1,40})\.(0|[1-9]\d{0,15})\.([\w-]{1,40})$/;

/** The start of an epoch. Its tag is fixed: an epoch has one start only. */
export function epochStart(epoch: string): Position {
  return { epoch, offset: 0, tag: "0" };
}

/** The opaque text of a position, at most 98 visible ASCII characters. */
export function encodePosition(position: Position): string {
  return `${position.epoch}.${position.offset}.${position.tag}`;
}

/** Reads what {@link encodePosition} wrote; `undefined` for any other text: such a position is nobody's, so it proves nothing. */
export function decodePosition(text: string): Position | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, epoch = "", digits = "", tag = ""] = parts;
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? { epoch, offset, tag } : undefined;
}

/** True when both name the same message of the same history. */
export function samePosition(one: Position, other: Position): boolean {
  return one.offset === other.offset && one.tag === other.tag && one.epoch === other.epoch;
}
