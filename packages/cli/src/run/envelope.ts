import { OutgoingLine } from "./outgoing-line.ts";

/** Who an event of the envelope is about. */
export interface EnvelopeSource {
  readonly id: string;
  readonly room: string;
  readonly remote: string;
  readonly target: string;
  readonly subprotocol: string;
}

/** What a program asks for with a line of its output. */
export type EnvelopeOrder =
  | {
      readonly kind: "message";
      readonly line: OutgoingLine;
      /** One connection, everybody in a room, or, with neither, everybody. */
      readonly connection: string | undefined;
      readonly room: string | undefined;
      /** Who is left out. */
      readonly except: string | undefined;
    }
  | { readonly kind: "close"; readonly connection: string; readonly code: number; readonly reason: string }
  /** No order: why, for the log. */
  | { readonly kind: "fault"; readonly message: string };

const line = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

/** The line that tells of a new connection. */
export function openEvent({ id, room, remote, target, subprotocol }: EnvelopeSource): Buffer {
  return line({ event: "open", connection: id, room, remote, url: target, ...(subprotocol !== "" && { subprotocol }) });
}

/** The line that tells of a message: text as `data`, binary as `base64`. */
export function messageEvent({ id, room }: Pick<EnvelopeSource, "id" | "room">, data: Buffer, isBinary: boolean): Buffer {
  const content = isBinary ? { base64: data.toString("base64") } : { data: data.toString() };
  return line({ event: "message", connection: id, room, ...content });
}

/** The line that tells of the end of a connection. */
export function closeEvent({ id, room }: Pick<EnvelopeSource, "id" | "room">, code: number, reason: string): Buffer {
  return line({ event: "close", connection: id, room, code, reason });
}

/**
 * Reads a line of a program's output. `{"connection":"c1","data":…}` answers one, `{"room":"…","data":…}` a room, `{"data":…}` everybody, `except` leaves one
 * out; data that is no text goes out as JSON; `base64` is a binary message; `{"event":"close","connection":"c1","code":4000,"reason":"…"}` ends one.
 */
export function readOrder(bytes: Buffer): EnvelopeOrder {
  const value = parsed(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fault("a line of JSON with an object in it was expected");
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { event = "message", connection, room, except } = fields;
  for (const [name, text] of Object.entries({ connection, room, except })) {
    if (text !== undefined && typeof text !== "string") return fault(`${name} must be text, not ${JSON.stringify(text)}`);
  }
  if (event === "close") return closeOrder(fields);
  if (event !== "message") return fault(`event must be message or close, not ${JSON.stringify(event)}`);
  const content = contentOf(fields);
  if (content === undefined) return fault("a message needs data, or base64");
  return { kind: "message", line: content, connection: textOf(connection), room: textOf(room), except: textOf(except) };
}

const fault = (message: string): EnvelopeOrder => ({ kind: "fault", message });
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function contentOf({ data, base64 }: Readonly<Record<string, unknown>>): OutgoingLine | undefined {
  if (typeof base64 === "string") return new OutgoingLine(Buffer.from(base64, "base64"), true);
  if (data === undefined) return undefined;
  return new OutgoingLine(Buffer.from(typeof data === "string" ? data : JSON.stringify(data)), false);
}

function closeOrder({ connection, code = 1000, reason = "" }: Readonly<Record<string, unknown>>): EnvelopeOrder {
  if (typeof connection !== "string") return fault("close needs a connection");
  const isCode =
    typeof code === "number" && (code === 1000 || code === 1001 || code === 1008 || code === 1011 || (code >= 3000 && code <= 4999));
  if (!isCode || !Number.isInteger(code)) return fault(`code must be 1000, 1001, 1008, 1011 or 3000 to 4999, not ${JSON.stringify(code)}`);
  if (typeof reason !== "string" || Buffer.byteLength(reason) > 123) return fault("reason must be text of at most 123 bytes");
  return { kind: "close", connection, code, reason };
}
