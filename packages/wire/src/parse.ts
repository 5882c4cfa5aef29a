import { Fault, FieldReader } from "./field-reader.ts";
import { defaultLimits, exceedsBytes } from "./limits.ts";
import type { Parsed, SessionCredentials, WireFault } from "./messages.ts";
import { shorten } from "./text.ts";

/** Reads the fields of one type of message. */
export type Read<M> = (fields: FieldReader) => M;

/** Text to message by the table of readers. Never throws. */
export function parseWith<M>(
  text: string,
  readers: ReadonlyMap<string, Read<M>>,
  mostBytes: number = defaultLimits.messageBytes,
): Parsed<M> {
  if (exceedsBytes(text, mostBytes)) {
    return refused({ code: "bad-message", message: `the message is larger than the limit of ${mostBytes} bytes` });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused({ code: "bad-json", message: `the message is not JSON: ${shorten(text)}` });
  }
  try {
    return { ok: true, message: readMessage(value, readers) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const ref = refOf(value);
    return refused({ code: error.code, message: error.message, ...(ref === undefined ? {} : { ref }) });
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
