import type { IncomingMessage, ServerResponse } from "node:http";

/** Fields of a response. */
export type Fields = Readonly<Record<string, string>>;

const year = 31_536_000;

/** For answers that belong to one client and one moment. */
export const notCached: Fields = { "Cache-Control": "no-store, no-cache, no-transform, must-revalidate, max-age=0" };

/** For answers that stay as they are for a year. */
export function cachedForAYear(now: number): Fields {
  return { "Cache-Control": `public, max-age=${year}`, Expires: new Date(now + year * 1000).toUTCString() };
}

/** Lets pages of other origins read the answer, with cookies: the page's origin is said back, also the literal `null`. */
export function corsFields({ headers }: IncomingMessage): Fields {
  const { origin } = headers;
  const asked = headers["access-control-request-headers"] ?? "";
  return {
    ...(origin === undefined
      ? { "Access-Control-Allow-Origin": "*" }
      : { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" }),
    Vary: "Origin",
    ...(asked !== "" && { "Access-Control-Allow-Headers": asked }),
  };
}

/** Answers `OPTIONS`, by which a browser asks beforehand. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, methods: readonly string[], fields: Fields): void {
  answer(response, 204, "", {
    ...fields,
    ...cachedForAYear(Date.now()),
    "Access-Control-Max-Age": String(year),
    "Access-Control-Allow-Methods": methods.join(", "),
    ...corsFields(request),
  });
}

/** Sends a whole response. */
export function answer(response: ServerResponse, status: number, body: string, fields: Fields): void {
  const length = status === 204 || status === 304 ? {} : { "Content-Length": Buffer.byteLength(body) };
  response.writeHead(status, { ...fields, ...length });
  response.end(body);
}

/** Sends words for people. */
export function answerText(response: ServerResponse, status: number, text: string, fields: Fields = {}): void {
  answer(response, status, text, { "Content-Type": "text/plain; charset=UTF-8", ...fields });
}
