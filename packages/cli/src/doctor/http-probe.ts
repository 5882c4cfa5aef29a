import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";

/** How long anything is waited for, in milliseconds. */
export const patienceMs = 10_000;

/** What an address answered. */
export interface Probe {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What came of the body. */
  readonly text: string;
  /** Milliseconds from the question to the first bytes of the body; undefined when there were none. */
  readonly firstMs: number | undefined;
}

/**
 * Asks for an http(s) address and reads at most `mostBytes` of the answer. Redirects are not followed, and the certificate is not judged: what is wrong with it
 * must not hide what else there is.
 * @throws Error the system's, or "no answer within 10 s"
 */
export async function probe(url: URL, accept: string, mostBytes = 65_536): Promise<Probe> {
  const from = performance.now();
  const ask = url.protocol === "https:" ? secureRequest : plainRequest;
  const request = ask(url, { headers: { accept }, rejectUnauthorized: false, agent: false });
  const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve).once("error", reject).end();
    });
    let text = "";
    let firstMs: number | undefined;
    for await (const chunk of response) {
      firstMs ??= performance.now() - from;
      text += String(chunk);
      if (text.length >= mostBytes) break;
    }
    return { status: response.statusCode ?? 0, headers: response.headers, text, firstMs };
  } finally {
    clearTimeout(deadline);
    request.destroy();
  }
}

/** What an error says: of several attempts each, of a wrapped one the cause. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((each) => textOf(each)).join("; ");
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? textOf(error.cause) : error.message || error.name;
}
