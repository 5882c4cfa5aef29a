import type { IncomingMessage } from "node:http";

/** A request's body, or the status that refuses it; `undefined` when the client went away. */
export type RequestBody = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly status: 413 | 500 } | undefined;

/** Reads a body of UTF-8 text up to a limit. Never rejects. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<RequestBody> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maxBytes) return Promise.resolve({ ok: false, status: 413 });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else resolve({ ok: false, status: 413 });
    });
    request.once("end", () => resolve(decoded(Buffer.concat(chunks))));
    request.once("error", () => resolve(undefined));
    request.once("close", () => resolve(undefined));
  });
}

function decoded(bytes: Buffer): RequestBody {
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, status: 500 };
  }
}
