import type { ServerResponse } from "node:http";
import type { HeaderField } from "./flag-values.ts";

/** Puts the fields that every answer has on it. */
export function addFields(response: ServerResponse, fields: readonly HeaderField[]): void {
  for (const [name, value] of fields) response.appendHeader(name, value);
}

/** Answers with a line of text. */
export function answer(response: ServerResponse, status: number, text: string, fields: Readonly<Record<string, string>> = {}): void {
  const body = `${text}\n`;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(body), ...fields });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
