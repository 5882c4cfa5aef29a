import { STATUS_CODES } from "node:http";

/** Every code that the HTTP API answers with, and its status. The codes that the hub's wire format knows mean the same here. */
export const problemStatus = {
  "bad-json": 400,
  "bad-message": 400,
  "bad-name": 400,
  "bad-idempotency-key": 400,
  "bad-path": 400,
  "bad-query": 400,
  "bad-request": 400,
  "bad-utf8": 400,
  "bad-host": 400,
  unauthorized: 401,
  forbidden: 403,
  "origin-not-allowed": 403,
  "not-found": 404,
  "unknown-position": 404,
  "method-not-allowed": 405,
  "request-timeout": 408,
  "id-conflict": 409,
  "body-too-large": 413,
  "wrong-content-type": 415,
  "host-not-allowed": 421,
  "upgrade-required": 426,
  "rate-limited": 429,
  "headers-too-large": 431,
  internal: 500,
  "page-not-built": 503,
  "room-limit": 503,
  "shutting-down": 503,
  "too-many-connections": 503,
  unavailable: 503,
  "unknown-outcome": 503,
} as const;

export type ProblemCode = keyof typeof problemStatus;

/** Every code, for schemas. */
export const problemCodes: readonly ProblemCode[] = Object.keys(problemStatus).filter(isProblemCode);

/** Whether a code of another part, for instance the hub, is one that the HTTP API answers with. */
function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemStatus, code);
}

/** What went wrong with one request: rendered as problem details (RFC 9457) with the member `code`. */
export interface Problem {
  readonly code: ProblemCode;
  /** One sentence that names the offending value and the limit or the remedy. */
  readonly detail: string;
  /** Further response fields, for instance `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A {@link Problem} on its way out of a handler: throw it, the application's error handler renders it. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(code: ProblemCode, detail: string, headers?: Readonly<Record<string, string>>) {
    super(detail);
    this.name = "ProblemError";
    this.problem = headers === undefined ? { code, detail } : { code, detail, headers };
  }
}

/** How the HTTP API says what the hub's wire says with another code. */
const sayingOf: Readonly<Record<string, ProblemCode>> = {
  "too-large": "body-too-large",
  "token-expired": "unauthorized",
  revoked: "unauthorized",
  "connect-timeout": "unavailable",
};

/** What the hub refused, as a problem. A code that the HTTP API does not have stands in its detail. */
export function refusalProblem(refusal: { readonly code: string; readonly message: string; readonly retryAfterMs?: number }): Problem {
  const { code: said, message, retryAfterMs } = refusal;
  const known = sayingOf[said] ?? said;
  const code = isProblemCode(known) ? known : "forbidden";
  const headers = {
    ...(code === "unauthorized" && { "www-authenticate": 'Bearer realm="openline"' }),
    ...(retryAfterMs !== undefined && { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }),
  };
  return { code, detail: isProblemCode(known) ? message : `${said}: ${message}`, headers };
}

/** A problem as JSON has it (RFC 9457 §3; `about:blank` makes the title the status phrase, §4.2.1). */
export function problemDetails({ code, detail }: Problem): Readonly<Record<string, unknown>> {
  const status = problemStatus[code];
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code };
}

/** The JSON text of a problem. */
export function problemBody(problem: Problem): string {
  return JSON.stringify(problemDetails(problem));
}

/** The response fields of a problem. An error is about this request only, so nothing may keep it. */
export function problemHeaders(problem: Problem): Record<string, string> {
  return {
    "content-type": "application/problem+json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...problem.headers,
  };
}

/** The problem as a fetch `Response`, for routes. */
export function problemResponse(problem: Problem): Response {
  return new Response(problemBody(problem), { status: problemStatus[problem.code], headers: problemHeaders(problem) });
}

/** The problem in its parts, for an answer over HTTP/2. */
export function problemParts(problem: Problem): {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  return { status: problemStatus[problem.code], headers: problemHeaders(problem), body: problemBody(problem) };
}

/** The problem as the bytes of an HTTP/1.1 response that ends the connection, for an upgrade that is refused. */
export function problemMessage(problem: Problem): string {
  const status = problemStatus[problem.code];
  const body = problemBody(problem);
  const fields = { connection: "close", "content-length": String(Buffer.byteLength(body)), ...problemHeaders(problem) };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head.join("")}\r\n${body}`;
}
