import type { IncomingMessage } from "node:http";
import { subprotocol } from "@openline/wire";

/** How a handshake presents itself. Only a ticket may stand in the address: addresses end in logs (R13). */
export interface Presented {
  readonly from: "header" | "subprotocol" | "cookie" | "ticket";
  readonly token: string;
}

/** The name that is offered as a subprotocol begins so, the token follows: browsers can send nothing else with a WebSocket. */
const tokenSubprotocol = "openline.token.";

/** What a request presents, the most deliberate first; `undefined` when it is nothing. */
export function presentedIn({ headers, url }: Pick<IncomingMessage, "headers" | "url">, cookie: string | undefined): Presented | undefined {
  const bearer = /^Bearer +([^\s]+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return { from: "header", token: bearer };
  const offered = subprotocolToken(headers["sec-websocket-protocol"]);
  if (offered !== undefined) return { from: "subprotocol", token: offered };
  const ticket = new URLSearchParams(/\?(.*)$/.exec(url ?? "")?.[1] ?? "").get("ticket");
  if (ticket !== null) return { from: "ticket", token: ticket };
  const value = cookie === undefined ? undefined : cookieValue(headers.cookie, cookie);
  return value === undefined ? undefined : { from: "cookie", token: value };
}

function subprotocolToken(field: string | undefined): string | undefined {
  const names = (field ?? "").split(",").map((name) => name.trim());
  return names.find((name) => name.startsWith(tokenSubprotocol) && name !== subprotocol)?.slice(tokenSubprotocol.length);
}

/** The value of a cookie (RFC 6265 §4.2.1), the first of its name. */
export function cookieValue(field: string | undefined, name: string): string | undefined {
  for (const pair of (field ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    return pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
  }
  return undefined;
}
