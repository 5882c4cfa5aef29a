import type { IncomingMessage } from "node:http";
import { formatLimits } from "@openline/wire";
import { ProblemError } from "./problems.ts";

/** How the body of a publish is to be read. */
export type BodyKind = "json" | "text";

// A container of several parts, or bytes that are no text: taking these as text would publish rubbish without a word.
const notText = /^(?:multipart|image|audio|video|font|model)\/|^application\/(?:octet-stream|zip|gzip|pdf|x-protobuf|cbor|msgpack)$/;

/**
 * Tells from the content type whether a body is JSON (`application/json` or any `+json`) or text (everything else that can be text; none given
 * means text).
 * @throws ProblemError `wrong-content-type` for bodies in parts, binary ones, other charsets than UTF-8, and content codings
 */
export function bodyKind(contentType: string | undefined, contentEncoding?: string): BodyKind {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw new ProblemError(
      "wrong-content-type",
      `the body must come without a content coding, not with ${JSON.stringify(contentEncoding)}`,
    );
  }
  const [essence = "", ...parameters] = (contentType ?? "text/plain").toLowerCase().split(";");
  const type = essence.trim();
  if (!/^[^\s/,]+\/[^\s/,]+$/.test(type) || notText.test(type)) {
    throw new ProblemError("wrong-content-type", `the body must be JSON or text, not ${JSON.stringify(contentType)}`);
  }
  checkCharset(parameters);
  return type === "application/json" || type.endsWith("+json") ? "json" : "text";
}

function checkCharset(parameters: readonly string[]): void {
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1])
    .find((value) => value !== undefined);
  if (charset === undefined || charset === "utf-8" || charset === "utf8" || charset === "us-ascii") return;
  throw new ProblemError("wrong-content-type", `the body must be UTF-8, not ${JSON.stringify(charset)}`);
}

/**
 * Reads a body of at most `limitBytes`. Nothing is kept of a longer one: it is refused by its Content-Length, or at the first chunk that goes
 * over.
 * @throws ProblemError `body-too-large`; `bad-request` when the client goes away in the middle
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const tooLarge = (): ProblemError => new ProblemError("body-too-large", `the body is larger than ${limitBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (finish: () => void): void => {
      request.off("data", take).off("end", end).off("close", lost).off("error", lost);
      chunks = [];
      finish();
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limitBytes) settle(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const end = (): void => {
      const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
      settle(() => resolve(whole));
    };
    const lost = (): void => settle(() => reject(new ProblemError("bad-request", "the connection ended within the body")));
    request.on("data", take).once("end", end).once("close", lost).once("error", lost);
  });
}

/**
 * Makes the data of a message out of a body.
 * @throws ProblemError `bad-utf8` when the bytes are not UTF-8, `bad-json` when the text is not JSON, `bad-message` when it nests too deep
 */
export function decodeBody(bytes: Uint8Array, kind: BodyKind): unknown {
  const text = decodeText(bytes, kind);
  if (kind === "text") return text;
  const data = parseJson(text);
  const depth = formatLimits.dataDepth;
  if (nestsDeeper(data, depth)) throw new ProblemError("bad-message", `the body nests deeper than ${depth} arrays and objects`);
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError("bad-json", `the body is not JSON: ${reason}; send text with Content-Type: text/plain`);
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => nestsDeeper(item, levels - 1));
}

function decodeText(bytes: Uint8Array, kind: BodyKind): string {
  try {
    // A byte order mark is dropped before JSON (RFC 8259 §8.1), and kept in text, which is passed on as it is.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: kind === "text" }).decode(bytes);
  } catch {
    throw new ProblemError("bad-utf8", "the body is not UTF-8");
  }
}
