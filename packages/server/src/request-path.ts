import { ProblemError } from "./problems.ts";

/**
 * The path of a request target, raw: nothing decoded, no dot segments removed, the query cut off. Routes match this one, so that a room
 * name with an encoded slash or dots stays one segment.
 */
export function rawPath(target: string | undefined): string {
  const path = target ?? "/";
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

/** Whether a request target's query has this name, with or without a value. */
export function hasQueryFlag(target: string | undefined, name: string): boolean {
  const [, query = ""] = /\?([^#]*)/.exec(target ?? "") ?? [];
  return query.split("&").some((part) => part === name || part.startsWith(`${name}=`));
}

/**
 * Decodes one path segment (percent-encoded UTF-8, RFC 3986 §2.1).
 * @throws ProblemError `bad-path` when an escape is cut short or the bytes are not UTF-8
 */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ProblemError("bad-path", `${JSON.stringify(segment.slice(0, 100))} is not percent-encoded UTF-8`);
  }
}
