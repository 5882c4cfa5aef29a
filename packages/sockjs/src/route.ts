import { type ReceivingTransport, receivingTransports, type SendingTransport, sendingTransports } from "./transports.ts";

/** What a target means below a prefix. */
export type Route =
  | { readonly kind: "greeting" | "info" | "iframe" | "raw-websocket"; readonly methods: readonly string[] }
  | { readonly kind: "websocket"; readonly methods: readonly string[] }
  | { readonly kind: "goodbye"; readonly methods: readonly string[]; readonly session: string }
  | { readonly kind: "receive"; readonly methods: readonly string[]; readonly session: string; readonly transport: ReceivingTransport }
  | { readonly kind: "send"; readonly methods: readonly string[]; readonly session: string; readonly transport: SendingTransport };

/** A request's target in its parts. */
export interface Target {
  /** Not decoded. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
}

const get = ["GET"];

/** Splits a target as it stands in the request line; the absolute form loses its scheme and authority. */
export function targetOf(url: string | undefined): Target {
  const target = (url ?? "").replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  const mark = target.indexOf("?");
  return mark === -1 ? { path: target, search: "" } : { path: target.slice(0, mark), search: target.slice(mark) };
}

/** Whether `path` lies below `prefix`, or is it. */
export function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Finds the route of a path; undefined when there is nothing. One slash at the end is let pass. */
export function routeOf(path: string, prefix: string): Route | undefined {
  if (!isBelow(path, prefix)) return undefined;
  const rest = path.slice(prefix.length);
  if (rest === "" || rest === "/") return { kind: "greeting", methods: get };
  const name = rest.endsWith("/") ? rest.slice(0, -1) : rest;
  if (name === "/info") return { kind: "info", methods: ["OPTIONS", "GET"] };
  if (name === "/websocket") return { kind: "raw-websocket", methods: get };
  if (/^\/iframe[\d.a-z_-]*\.html$/.test(name)) return { kind: "iframe", methods: get };
  return sessionRoute(name);
}

/** `/server/session/transport`: the first is for load balancers, and means nothing here. */
function sessionRoute(name: string): Route | undefined {
  const [, session = "", last = ""] = /^\/[^/.]+\/([^/.]+)\/([a-z_]+)$/.exec(name) ?? [];
  if (last === "websocket") return { kind: "websocket", methods: get };
  if (last === "goodbye") return { kind: "goodbye", methods: ["OPTIONS", "POST"], session };
  const receiving = receivingTransports.get(last);
  if (receiving !== undefined) return { kind: "receive", methods: receiving.methods, session, transport: receiving };
  const sending = sendingTransports.get(last);
  return sending && { kind: "send", methods: sending.methods, session, transport: sending };
}
