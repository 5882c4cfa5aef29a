import { Fault, FieldReader } from "./field-reader.ts";
import { defaultLimits, exceedsBytes } from "./limits.ts";
import type { Parsed, SessionCredentials, WireFault } from "./messages.ts";
import { shorten } from "./text.ts";

/** Reads the fields of one type of message. */
export type Read<M> = (fields: FieldReader) => M;

/** Text to message by the table of readers; more than `mostBytes` of UTF-8 are refused. Never throws. */
export function parseWith<M>(
  text: string,
  readers: ReadonlyMap<string, Read<M>>,
  mostBytes: number = defaultLimits.messageBytes,
): Parsed<M> {
  if (exceedsBytes(text, mostBytes)) {
    return refused({ code: "bad-message", message: `the message is larger than the limit of ${mostBytes} bytes` });
  }
  let value: unknown;
  const parsed = parseText(text, (read) => {
    value = read;
    return readMessage(read, readers);
  });
  const ref = parsed.ok ? undefined : refOf(value);
  return parsed.ok || ref === undefined ? parsed : refused({ ...parsed.error, ref });
}

/** Text to message by one reader, which throws a {@link Fault} at what is no message. Never throws. */
export function parseText<M>(text: string, read: (value: unknown) => M): Parsed<M> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused({ code: "bad-json", message: `the message is not JSON: ${shorten(text)}` });
  }
  try {
    return { ok: true, message: read(value) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return refused({ code: error.code, message: error.message });
  }
}

/** The `id` and `resume` of a session, in `connect` and in `connected`. */
export function readCredentials(fields: FieldReader): SessionCredentials {
  return { id: fields.opaque("id"), resume: fields.opaque("resume") };
}

function readMessage<M>(value: unknown, readers: ReadonlyMap<string, Read<M>>): M {
  const fields = new FieldReader(value);
  const type = fields.text("type");
  const read = readers.get(type);
  if (read === undefined) throw new Fault("unknown-type", `type ${shorten(type)} is not known here`);
  return read(fields);
}

function refused(error: WireFault): { readonly ok: false; readonly error: WireFault } {
  return { ok: false, error };
}

/** The `ref` of a message that is wrong elsewhere, so that its sender finds the answer. */
function refOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "ref")) return undefined;
  const ref: unknown = Reflect.get(value, "ref");
  return typeof ref === "number" && Number.isSafeInteger(ref) && ref >= 0 ? ref : undefined;
}
