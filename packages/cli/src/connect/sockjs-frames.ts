/** What a SockJS server said with one WebSocket message. */
export type SockJsFrame =
  | { readonly kind: "open" }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "messages"; readonly messages: readonly string[] }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "fault" };

/** The address of a SockJS session's WebSocket: base, a server's number for load balancers, a session's name. */
export function sockJsUrl(base: string, random: () => number = Math.random): string {
  const url = new URL(base);
  const server = String(Math.floor(random() * 1000)).padStart(3, "0");
  const session = Array.from({ length: 8 }, () => Math.floor(random() * 36).toString(36)).join("");
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${server}/${session}/websocket`;
  return url.href;
}

/** Takes a frame apart: `o`, `h`, `a[…]`, `m…`, `c[code,reason]`. */
export function readSockJs(text: string): SockJsFrame {
  const [kind = ""] = text;
  if (text === "o") return { kind: "open" };
  if (text === "h") return { kind: "heartbeat" };
  const value = parsed(text.slice(1));
  if (kind === "a" && Array.isArray(value)) return { kind: "messages", messages: value.map(asText) };
  if (kind === "m" && value !== undefined) return { kind: "messages", messages: [asText(value)] };
  if (kind === "c" && Array.isArray(value)) return { kind: "close", code: Number(value[0]), reason: asText(value[1] ?? "") };
  return { kind: "fault" };
}

/** What a client sends for one message. */
export const sockJsMessage = (text: string): string => JSON.stringify([text]);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
