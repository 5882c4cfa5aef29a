/** One origin of a list; without a scheme both fit, without a port any. */
export interface OriginEntry {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

/**
 * Pages of which origins may connect. `own-machine`: those that this machine serves; `same-origin`: those of the name and port that were asked, or of this
 * machine; both let programs in, which send no Origin. A list and `strict` are the flags --origin and --sameorigin: who sends no Origin stays out.
 */
export type OriginRules =
  | { readonly kind: "any" | "own-machine" | "same-origin" }
  | { readonly kind: "strict"; readonly sameOrigin: boolean; readonly list: readonly OriginEntry[]; readonly allowsNull: boolean };

/** The flags that say who may connect. */
export interface OriginFlags {
  readonly sameOrigin: boolean;
  readonly list: string | undefined;
  /** Whether the server listens on loopback alone. */
  readonly isForThisMachine: boolean;
}

/** The rules, or what is wrong with the flags. */
export function originRules({ sameOrigin, list, isForThisMachine }: OriginFlags): OriginRules | string {
  if (list === "any" || list === "*") return sameOrigin ? "--origin=any and --sameorigin exclude each other" : { kind: "any" };
  if (list === undefined && !sameOrigin) return { kind: isForThisMachine ? "own-machine" : "same-origin" };
  const texts = (list ?? "").split(",").map((text) => text.trim());
  const given = texts.filter((text) => text !== "" && text !== "null");
  const entries = given.map(parseEntry);
  const wrong = given.find((_, at) => entries[at] === undefined);
  if (wrong !== undefined) return `--origin: ${JSON.stringify(wrong)} must look like [scheme://]host[:port], without wildcards`;
  return { kind: "strict", sameOrigin, list: entries.filter((entry) => entry !== undefined), allowsNull: texts.includes("null") };
}

function parseEntry(text: string): OriginEntry | undefined {
  const [, scheme, host, port] = /^(?:([a-z][a-z\d+.-]*):\/\/)?([a-z\d._-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  if (host === undefined) return undefined;
  return { scheme: scheme?.toLowerCase(), host: host.toLowerCase(), port };
}

/** A request as the rules look at it. */
export interface OriginRequest {
  readonly origin: string | undefined;
  /** The Host field. */
  readonly host: string | undefined;
  readonly isSecure: boolean;
}

/**
 * Whether a page may connect. A page on a name that was made to point here (DNS rebinding) says its own name in Host too: a server for this machine
 * alone therefore looks at the Origin only, and takes loopback names.
 */
export function isOriginAllowed(rules: OriginRules, request: OriginRequest): boolean {
  if (rules.kind === "any") return true;
  if (rules.kind !== "strict") {
    if (request.origin === undefined) return true;
    const origin = parts(request.origin);
    if (origin === undefined) return false;
    return isLoopbackName(origin.host) || (rules.kind === "same-origin" && isSame(origin, request));
  }
  if (request.origin === "null") return rules.allowsNull;
  const origin = request.origin === undefined ? undefined : parts(request.origin);
  if (origin === undefined) return false;
  if (rules.sameOrigin && !isSame(origin, request)) return false;
  return rules.list.length === 0 ? rules.sameOrigin : rules.list.some((entry) => fits(entry, origin));
}

interface OriginParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const defaultPorts: Readonly<Record<string, string>> = { http: "80", https: "443", ws: "80", wss: "443" };

function parts(origin: string): OriginParts | undefined {
  const [, scheme = "", host = "", port] = /^([a-z][a-z\d+.-]*):\/\/([^/@?#\s:[]+|\[[\da-f:.]+\])(?::(\d+))?$/i.exec(origin) ?? [];
  if (scheme === "") return undefined;
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), port: port ?? defaultPorts[scheme.toLowerCase()] ?? "" };
}

/** Name and port, not the scheme: behind a proxy that ends TLS it differs, and with it the port that goes without saying. */
function isSame(origin: OriginParts, { host = "", isSecure }: OriginRequest): boolean {
  const own = parts(`${isSecure ? "https" : "http"}://${host}`);
  if (own === undefined || own.host !== origin.host) return false;
  const isUnsaid = !/:\d+$/.test(host) && origin.port === defaultPorts[origin.scheme];
  return own.port === origin.port || isUnsaid;
}

function fits({ scheme, host, port }: OriginEntry, origin: OriginParts): boolean {
  if (host !== origin.host || (port !== undefined && port !== origin.port)) return false;
  return scheme === undefined ? origin.scheme === "http" || origin.scheme === "https" : scheme === origin.scheme;
}

const isLoopbackName = (host: string): boolean => /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
