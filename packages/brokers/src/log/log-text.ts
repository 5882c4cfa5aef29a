import type { Retention, Signal } from "@openline/hub";

/** A publish as it lies in the log. Whether it is stored is decided by whoever reads it, from what stands before it. */
export interface LoggedPublish {
  readonly type: "publish";
  /** By which the node that published knows it. */
  readonly id: string;
  readonly room: string;
  readonly tag: string;
  readonly time: number;
  readonly retention: Retention;
  readonly idempotency: { readonly key: string; readonly fingerprint: string; readonly windowMs: number } | undefined;
  readonly content: string;
}

/** What stands in a partition. */
export type LogEntry =
  | LoggedPublish
  /** A node proposes an epoch where it found none: the first one wins. */
  | { readonly type: "candidate"; readonly epoch: string }
  /** The epoch that holds, said again and again for those who read from here on. */
  | { readonly type: "known"; readonly epoch: string }
  /** Ends an epoch, if it still holds. */
  | { readonly type: "rotate"; readonly from: string; readonly to: string }
  /** A node wants to know how far it has read. */
  | { readonly type: "sync"; readonly id: string };

const kinds: ReadonlyMap<string, LogEntry["type"]> = new Map([
  ["m", "publish"],
  ["c", "candidate"],
  ["k", "known"],
  ["r", "rotate"],
  ["s", "sync"],
]);

export function writeEntry(entry: LogEntry): string {
  switch (entry.type) {
    case "publish": {
      const { id, room, tag, time, retention, idempotency, content } = entry;
      const { messages, bytes, ageMs } = retention;
      const scope = idempotency === undefined ? [] : [idempotency.key, idempotency.fingerprint, idempotency.windowMs];
      // Unbounded retention is no JSON number.
      const kept = [messages, bytes, ageMs].map((bound) => Math.min(bound, Number.MAX_SAFE_INTEGER));
      return `m${JSON.stringify([id, room, tag, time, ...kept, ...scope])}\n${content}`;
    }
    case "candidate":
      return `c${entry.epoch}`;
    case "known":
      return `k${entry.epoch}`;
    case "rotate":
      return `r${entry.from} ${entry.to}`;
    case "sync":
      break;
  }
  return `s${entry.id}`;
}

/** Reads a record; `undefined` for what no node of ours wrote, or a newer version. */
export function readEntry(text: string): LogEntry | undefined {
  const kind = kinds.get(text.slice(0, 1));
  const rest = text.slice(1);
  switch (kind) {
    case "publish":
      return readPublish(rest);
    case "candidate":
    case "known":
      return { type: kind, epoch: rest };
    case "rotate": {
      const [from = "", to = ""] = rest.split(" ");
      return { type: kind, from, to };
    }
    case "sync":
      return { type: kind, id: rest };
    case undefined:
      break;
  }
  return undefined;
}

function readPublish(text: string): LoggedPublish | undefined {
  const end = text.indexOf("\n");
  const head = readJson(text.slice(0, Math.max(0, end)));
  if (!Array.isArray(head) || head.length < 7) return undefined;
  const [id, room, tag, time, messages, bytes, ageMs, key, fingerprint, windowMs]: unknown[] = head;
  const idempotency = typeof key !== "string" ? undefined : { key, fingerprint: String(fingerprint), windowMs: Number(windowMs) };
  return {
    type: "publish",
    id: String(id),
    room: String(room),
    tag: String(tag),
    time: Number(time),
    retention: { messages: Number(messages), bytes: Number(bytes), ageMs: Number(ageMs) },
    idempotency,
    content: text.slice(end + 1),
  };
}

/** A text that goes to all nodes and is not kept: a room's signal, or a word about members. */
export type Passing =
  | { readonly type: "signal"; readonly room: string; readonly signal: Signal }
  | { readonly type: "gossip"; readonly text: string };

export function writePassing(passing: Passing): string {
  if (passing.type === "gossip") return `p${passing.text}`;
  const { content, time, session } = passing.signal;
  return `g${JSON.stringify([passing.room, time, session])}\n${content}`;
}

export function readPassing(text: string): Passing | undefined {
  if (text.startsWith("p")) return { type: "gossip", text: text.slice(1) };
  const end = text.indexOf("\n");
  const head = text.startsWith("g") ? readJson(text.slice(1, Math.max(1, end))) : undefined;
  if (!Array.isArray(head)) return undefined;
  const [room, time, session]: unknown[] = head;
  const signal = { content: text.slice(end + 1), time: Number(time), ...(typeof session === "string" && { session }) };
  return { type: "signal", room: String(room), signal };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
