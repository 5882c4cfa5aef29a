import { path } from "@openline/wire";
import { ClientError } from "./errors.ts";
import { type ParsedUrl, parseUrl } from "./platform.ts";

/** What the address is resolved against. */
export interface Page {
  readonly baseUrl: string | undefined;
  readonly securePage: boolean;
}

/**
 * Makes the hub's WebSocket address of what the application wrote: relative addresses are resolved against the page, http(s) becomes
 * ws(s), a fragment is cut off, and a path that does not end in `/hub` is taken as a page's address whose folder holds the hub
 * (`/wsapp/` and `/wsapp/index.html` both mean `/wsapp/hub`, `/wsapp` means `/hub`). A query stays.
 *
 * @throws ClientError `bad-url` when it is no address or has another scheme; `insecure-url` when the page came over https and the address is `ws:`.
 */
export function hubUrl(input: string, page: Page): string {
  const url = parse(input, page.baseUrl);
  if (!/^(?:http|ws)s?:$/.test(url.protocol)) throw new ClientError("bad-url", schemeFault(input, url));
  const scheme = url.protocol.replace("http", "ws");
  url.protocol = scheme;
  url.hash = "";
  if (!url.pathname.endsWith(path)) url.pathname = url.pathname.slice(0, url.pathname.lastIndexOf("/")) + path;
  if (page.securePage && scheme === "ws:") {
    const secure = url.href.replace("ws", "wss");
    throw new ClientError("insecure-url", `a page that came over https needs ${secure}, not ${url.href}`);
  }
  return url.href;
}

function parse(input: string, baseUrl: string | undefined): ParsedUrl {
  try {
    return parseUrl(input, baseUrl);
  } catch (cause) {
    const hint = baseUrl === undefined ? "; without a page it must be whole, as ws://localhost:8000/hub" : "";
    throw new ClientError("bad-url", `${JSON.stringify(input)} is not a URL${hint}`, { cause });
  }
}

/** `localhost:8000` is a URL whose scheme is "localhost:": the likeliest slip, so it gets its own advice. */
function schemeFault(input: string, url: ParsedUrl): string {
  const advice = url.host === "" && /^[\w.-]+:\d/.test(input) ? `; did you mean ${JSON.stringify(`ws://${input}`)}?` : "";
  return `${JSON.stringify(input)} has the scheme ${JSON.stringify(url.protocol)}, not one of ws:, wss:, http:, https:${advice}`;
}
