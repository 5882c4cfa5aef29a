import { faultText } from "../fault.ts";
import { signatureFields } from "./signature.ts";

/** What {@link postSigned} sends, and where. */
export interface SignedPost {
  readonly url: string;
  readonly secret: string | undefined;
  readonly id: string;
  /** JSON text. */
  readonly body: string;
  /** For everything: connecting, sending, and reading the answer. */
  readonly timeoutMs: number;
  /** No more of the answer is read than so many bytes. */
  readonly answerBytes: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/** What was answered. `text` is cut off at the limit; then `isCut` is true. */
export interface PostAnswer {
  readonly status: number;
  readonly text: string;
  readonly isCut: boolean;
  /** What the answer asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Posts JSON to the application, signed where there is a secret. Redirects are not followed: the answer is then a 3xx like any other.
 * @throws Error with one line that says what failed and never shows the address's user or query
 */
export async function postSigned({ url, secret, id, body, timeoutMs, answerBytes, signal }: SignedPost): Promise<PostAnswer> {
  const timestamp = Math.floor(Date.now() / 1000);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      redirect: "manual",
      headers: {
        "content-type": "application/json",
        "user-agent": "openline",
        ...(secret !== undefined && signatureFields(secret, { id, timestamp, body })),
      },
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    const { text, isCut } = await readSome(response, answerBytes);
    return { status: response.status, text, isCut, retryAfterMs: retryAfter(response.headers.get("retry-after")) };
  } catch (error) {
    if (deadline.aborted) throw new Error(`${hostOf(url)} did not answer within ${timeoutMs} ms`, { cause: error });
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(`${hostOf(url)} cannot be asked: ${faultText(cause)}`, { cause: error });
  }
}

/** The host of an address, for logs. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the address";
}

async function readSome({ body }: Response, limit: number): Promise<{ readonly text: string; readonly isCut: boolean }> {
  if (body === null) return { text: "", isCut: false };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body: the connection is given up, not read to its end.
  for await (const chunk of body) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > limit) break;
  }
  return { text: Buffer.concat(chunks).subarray(0, limit).toString(), isCut: bytes > limit };
}

/** RFC 9110 §10.2.3; seconds only: clocks of two machines differ. */
function retryAfter(field: string | null): number | undefined {
  return field !== null && /^\d{1,6}$/.test(field) ? Number(field) * 1000 : undefined;
}
