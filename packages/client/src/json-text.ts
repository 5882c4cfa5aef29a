import { ClientError } from "./errors.ts";

/**
 * The JSON text of `data`, as it is now: later changes of the original change nothing that waits to be sent.
 * @throws ClientError `bad-data` when it is no JSON value (undefined, a function, a BigInt, a cycle).
 */
export function jsonText(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data) as string | undefined;
  } catch (cause) {
    throw new ClientError("bad-data", `the data is not a JSON value: ${String(cause)}`, { cause });
  }
  if (text === undefined) throw new ClientError("bad-data", `${typeof data} is not a JSON value`);
  return text;
}

/** A copy of `data` as it would arrive. @throws ClientError `bad-data` as {@link jsonText}. */
export function jsonCopy(data: unknown): unknown {
  return JSON.parse(jsonText(data));
}
