/** The names in Redis that belong to one room. They share a hash tag, so that in a cluster one node holds them all and one script may touch them. */
export class RoomKeys {
  /** Hash: e epoch, s offset and t tag of the top, c bytes ever stored, f bytes ever dropped, v changes of the members. */
  readonly meta: string;
  /** Stream: what is kept. Ids are 0-OFFSET; m is the message's text, c the bytes ever stored up to it. */
  readonly stream: string;
  /** Hash: session -> node and member. */
  readonly members: string;
  /** Sorted set: node -> when its members expire, by the clock of Redis. */
  readonly nodes: string;
  readonly channel: string;
  readonly #ids: string;

  constructor(prefix: string, room: string) {
    const tag = `{${room.replaceAll(/[%{}]/g, (character) => `%${character.charCodeAt(0)}`)}}`;
    this.meta = `${prefix}:m:${tag}`;
    this.stream = `${prefix}:s:${tag}`;
    this.members = `${prefix}:p:${tag}`;
    this.nodes = `${prefix}:n:${tag}`;
    this.channel = `${prefix}:c:${tag}`;
    this.#ids = `${prefix}:i:${tag}:`;
  }

  /** Where a publish id is remembered. */
  id(key: string): string {
    return this.#ids + key;
  }
}

/** The pattern of all rooms' `meta`. */
export const metaPattern = (prefix: string): string => `${prefix}:m:{*}`;

/** The room of a `meta` key. */
export function roomOfMeta(prefix: string, key: string): string {
  return key.slice(prefix.length + 4, -1).replaceAll(/%(37|123|125)/g, (_, code: string) => String.fromCharCode(Number(code)));
}
