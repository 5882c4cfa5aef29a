import { createHash } from "node:crypto";
import { visible } from "./visible.ts";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The two messages of an opening handshake as they went over the line, without the empty line. */
export interface SeenHandshake {
  readonly request: string;
  readonly response: string;
}

const secretFields = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie"]);

/** The two messages, and how the accept value comes out of the key (RFC 6455 §4.2.2). What lets somebody in is not shown. */
export function handshakeText({ request, response }: SeenHandshake): readonly string[] {
  return [
    ...shown(request, "> "),
    ...shown(response, "< "),
    ...acceptText(fieldOf(request, "sec-websocket-key"), fieldOf(response, "sec-websocket-accept")),
  ];
}

function shown(message: string, sign: string): string[] {
  return message.split("\r\n").map((line) => {
    const [name = ""] = line.split(":", 1);
    return sign + (secretFields.has(name.toLowerCase()) ? `${name}: ***` : visible(line));
  });
}

function acceptText(key: string | undefined, accept: string | undefined): string[] {
  if (key === undefined || accept === undefined) return [];
  const digest = createHash("sha1")
    .update(key + guid)
    .digest();
  const expected = digest.toString("base64");
  return [
    "How Sec-WebSocket-Accept is computed (RFC 6455 §4.2.2):",
    `  the key and a fixed GUID   ${visible(key)}${guid}`,
    `  SHA-1 of that              ${digest.toString("hex")}`,
    `  in base64                  ${expected}`,
    `  the server's answer        ${visible(accept)}  ${accept === expected ? "the same: it speaks WebSocket" : "NOT the same"}`,
  ];
}

function fieldOf(message: string, wanted: string): string | undefined {
  for (const line of message.split("\r\n").slice(1)) {
    const at = line.indexOf(":");
    if (line.slice(0, at).toLowerCase() === wanted) return line.slice(at + 1).trim();
  }
  return undefined;
}
