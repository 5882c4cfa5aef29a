import type { IncomingMessage } from "node:http";

/** The environment of a program. */
export type Environment = Readonly<Record<string, string>>;

/** What an environment is made of besides the request. */
export interface EnvironmentSource {
  /** Names to hand on, and where they come from. */
  readonly passed: readonly string[];
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly software: string;
}

/** A request as programs are told of it. */
export interface RequestFacts {
  readonly request: IncomingMessage;
  readonly isSecure: boolean;
  readonly remote: RemoteFacts;
  /** `/` for a single program, else the path that names the script. */
  readonly scriptName: string;
  /** The decoded path, or what is left of it after the script. */
  readonly pathInfo: string;
  /** The whole decoded path. */
  readonly path: string;
}

/** Who is at the other end. */
export interface RemoteFacts {
  readonly address: string;
  readonly port: string;
  /** The address again, unless it was looked up. */
  readonly host: string;
}

/** What every program gets: the variables that are handed on, and who runs it. `HTTPS` says that TLS is on, so it is never handed on. */
export function baseEnvironment({ passed, own, software }: EnvironmentSource): Environment {
  const entries = passed.filter((name) => name !== "HTTPS").map((name) => [name, own[name]] as const);
  return clean(Object.fromEntries([["SERVER_SOFTWARE", software], ...entries.filter(([, value]) => value !== undefined && value !== "")]));
}

/** The CGI variables of a WebSocket request (RFC 3875 §4.1), as websocketd has them, with HTTP_HOST and without HTTP_PROXY. */
export function requestEnvironment(facts: RequestFacts): Environment {
  const { request, remote } = facts;
  const target = request.url ?? "/";
  const { name, port } = serverOf(request.headers.host ?? "", facts.isSecure);
  return clean({
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    REQUEST_METHOD: request.method ?? "GET",
    SERVER_NAME: name,
    SERVER_PORT: port,
    REMOTE_ADDR: remote.address,
    REMOTE_PORT: remote.port,
    REMOTE_HOST: remote.host,
    SCRIPT_NAME: facts.scriptName,
    PATH_INFO: facts.pathInfo,
    PATH_TRANSLATED: facts.path,
    QUERY_STRING: queryOf(target),
    REQUEST_URI: target,
    UNIQUE_ID: uniqueId(),
    AUTH_TYPE: "",
    CONTENT_LENGTH: "",
    CONTENT_TYPE: "",
    REMOTE_IDENT: "",
    REMOTE_USER: "",
    ...(facts.isSecure && { HTTPS: "on" }),
    ...headerVariables(request),
  });
}

/**
 * The header fields as `HTTP_NAME`, repeated ones joined. `Proxy` is left out, since programs take HTTP_PROXY for their proxy (httpoxy), and so are names with
 * other characters than letters, digits and dashes: `X_User` must not pass for `X-User`.
 */
export function headerVariables(request: Pick<IncomingMessage, "rawHeaders">): Record<string, string> {
  const variables: Record<string, string> = {};
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const field = request.rawHeaders[at] ?? "";
    const value = request.rawHeaders[at + 1] ?? "";
    if (!/^[A-Za-z\d-]+$/.test(field) || field.toLowerCase() === "proxy") continue;
    const name = `HTTP_${field.toUpperCase().replaceAll("-", "_")}`;
    const before = variables[name];
    variables[name] = before === undefined ? value : `${before}${name === "HTTP_COOKIE" ? "; " : ", "}${value}`;
  }
  return variables;
}

/** The query as it came, without the question mark. */
export function queryOf(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? "" : target.slice(at + 1);
}

/** The decoded path of a request; undefined when it is none: broken percent signs, or a NUL that no environment can hold. */
export function pathOf(target: string): string | undefined {
  const [path = ""] = target.split("?", 1);
  try {
    const decoded = decodeURIComponent(path);
    return decoded.startsWith("/") && !decoded.includes("\0") ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function serverOf(host: string, isSecure: boolean): { readonly name: string; readonly port: string } {
  const [, name = host, port = isSecure ? "443" : "80"] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  return { name: name.replace(/^\[(.*)\]$/, "$1"), port };
}

let lastId = 0n;

/** Nanoseconds since 1970, each only once. */
function uniqueId(): string {
  const now = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  lastId = now > lastId ? now : lastId + 1n;
  return lastId.toString();
}

/** Newlines become spaces, as in websocketd: a line of a shell script's `env` is one variable. */
function clean(variables: Readonly<Record<string, string | undefined>>): Environment {
  const entries = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value.replaceAll(/\r?\n|\r|\0/g, " ")] as const],
  );
  return Object.fromEntries(entries);
}
