import type { Subscription } from "@openline/hub";

export type Member = Subscription["members"][number];

/** What nodes say to each other of their members. `seq` counts the changes of the node that speaks. */
export type Gossip =
  /** A node is there, or is back: everyone else says all of theirs. */
  | { readonly type: "hello"; readonly node: string }
  /** All members of a node at `seq`, in `parts` texts. */
  | {
      readonly type: "full";
      readonly node: string;
      readonly seq: number;
      readonly part: number;
      readonly parts: number;
      readonly members: readonly (readonly [room: string, member: Member])[];
    }
  | { readonly type: "enter"; readonly node: string; readonly seq: number; readonly room: string; readonly member: Member }
  | { readonly type: "exit"; readonly node: string; readonly seq: number; readonly room: string; readonly session: string }
  /** A node lives, and this is what its members add up to. */
  | { readonly type: "beat"; readonly node: string; readonly seq: number; readonly digest: string }
  /** `whom` is asked for all of its members. */
  | { readonly type: "ask"; readonly node: string; readonly whom: string }
  /** A node goes, with all its members. */
  | { readonly type: "bye"; readonly node: string };

export function writeGossip(gossip: Gossip): string {
  return JSON.stringify(gossip);
}

/** Reads what another node says; `undefined` for what a newer version may say. */
export function readGossip(text: string): Gossip | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isGossip(value) ? value : undefined;
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === "string";
const isCount: Check = (value) => Number.isSafeInteger(value);
const isMember: Check = (value) =>
  typeof value === "object" && value !== null && "session" in value && isText(value.session) && "since" in value;
const isEntry: Check = (value) => Array.isArray(value) && isText(value[0]) && isMember(value[1]);

/** What each kind has besides its node. */
const kinds: Readonly<Record<Gossip["type"], Readonly<Record<string, Check>>>> = {
  hello: {},
  full: { seq: isCount, part: isCount, parts: isCount, members: (value) => Array.isArray(value) && value.every(isEntry) },
  enter: { seq: isCount, room: isText, member: isMember },
  exit: { seq: isCount, room: isText, session: isText },
  beat: { seq: isCount, digest: isText },
  ask: { whom: isText },
  bye: {},
};
const fields: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map(Object.entries(kinds));

function isGossip(value: unknown): value is Gossip {
  if (typeof value !== "object" || value === null || !("type" in value) || !("node" in value) || !isText(value.node)) return false;
  const wanted = fields.get(String(value.type));
  if (wanted === undefined) return false;
  const given = new Map<string, unknown>(Object.entries(value));
  return Object.entries(wanted).every(([name, check]) => check(given.get(name)));
}
