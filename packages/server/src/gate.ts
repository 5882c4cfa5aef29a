import type { IncomingMessage } from "node:http";
import { type ProxiedRequest, TrustedProxies } from "@openline/ws";
import type { ApiKeys, ApiScope } from "./api-keys.ts";
import { isLoopback } from "./authority.ts";
import { HostPolicy } from "./host-policy.ts";
import { OriginPolicy } from "./origin-policy.ts";
import type { Problem } from "./problems.ts";
import type { Settings } from "./settings.ts";

/** What {@link Gate} asks. */
export interface GateOptions {
  readonly hosts: HostPolicy;
  readonly origins: OriginPolicy;
  readonly keys: ApiKeys;
  /** Whether the HTTP API is open to everybody where there is no key. */
  readonly anonymous: boolean;
  /** Whose `X-Forwarded-…` fields are believed. Default: nobody's. */
  readonly proxies?: TrustedProxies;
}

/** Where a request comes from, after trusted proxies. */
export interface Visitor {
  readonly remoteAddress: string | undefined;
  readonly origin: string | undefined;
}

const show = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

/**
 * Who may come in, decided from the request's fields alone, before a body is read or a handshake answered. One gate stands before the HTTP
 * API, the page and the upgrade, so that no door has rules of its own.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #proxies: TrustedProxies;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#proxies = options.proxies ?? new TrustedProxies();
  }

  /** Checks `Host` and `Origin`. @returns what to answer instead, undefined when the request may pass */
  check(request: IncomingMessage): Problem | undefined {
    return this.checkHost(request) ?? this.#checkOrigin(request);
  }

  /** Checks `Host` alone, for doors where nothing that a browser adds by itself proves anything. */
  checkHost(request: IncomingMessage): Problem | undefined {
    if (hostsOf(request).length !== 1) {
      return { code: "bad-host", detail: "the request must have exactly one Host field (RFC 9112 §3.2)" };
    }
    const { host = "" } = this.#proxies.sourceOf(proxied(request));
    if (this.#options.hosts.allows(host)) return undefined;
    return { code: "host-not-allowed", detail: `the host ${show(host)} is not served here; to serve it, start with --allowed-host NAME` };
  }

  #checkOrigin(request: IncomingMessage): Problem | undefined {
    const { host = "", secure } = this.#proxies.sourceOf(proxied(request));
    const { origin } = request.headers;
    if (this.#options.origins.allows(origin, host, secure)) return undefined;
    return {
      code: "origin-not-allowed",
      detail: `pages of the origin ${show(origin ?? "")} may not use this server; to let them, start with --allowed-origin ORIGIN, or --public-origin ORIGIN behind a proxy`,
    };
  }

  /** Where the request comes from. */
  visitorOf(request: IncomingMessage): Visitor {
    return { remoteAddress: this.#proxies.sourceOf(proxied(request)).address, origin: request.headers.origin };
  }

  /** Who may read the metrics: where there are keys, whoever has one for `metrics`; else this machine, but nobody through a proxy. */
  checkMetrics(request: IncomingMessage): Problem | undefined {
    if (this.#options.keys.required) return this.checkApi(request, "metrics");
    const isForwarded = request.headers["x-forwarded-for"] !== undefined || request.headers["forwarded"] !== undefined;
    const address = request.socket.remoteAddress?.replace(/^::ffff:/i, "");
    if (!isForwarded && address !== undefined && isLoopback(address)) return undefined;
    return {
      code: "forbidden",
      detail: "without a key the metrics are for this machine only, not through a proxy; start with --api-key metrics:KEY and send that",
    };
  }

  /** Checks the key of a call of the HTTP API, and that it is for `scope`. */
  checkApi(request: IncomingMessage, scope?: ApiScope): Problem | undefined {
    const { keys, anonymous } = this.#options;
    if (!keys.required && anonymous) return undefined;
    const check = keys.check(request.headers.authorization, scope);
    if (check === "admitted") return undefined;
    if (check === "lacking") return lackingScope(scope);
    const detail = keyDetail(keys.required, request.headers.authorization);
    return { code: "unauthorized", detail, headers: { "www-authenticate": 'Bearer realm="openline"' } };
  }
}

/** Why a call has no right key. The key itself is not shown. */
function keyDetail(isRequired: boolean, authorization: string | undefined): string {
  if (!isRequired) return "the API is closed: this server has no key; to open it, start with --api-key KEY";
  if (/^bearer\s/i.test(authorization ?? "")) return "the key that was sent is none of this server's (--api-key, OPENLINE_API_KEY)";
  return "the API asks for a key: send it as Authorization: Bearer KEY";
}

/** The gate of a server with these settings, and the origins that it lets in. `isApiOpen`: where a hook decides who comes in, being anonymous opens WebSocket to its judgement, not the HTTP API. */
export function createGate(settings: Settings, keys: ApiKeys, isApiOpen: boolean): { gate: Gate; origins: OriginPolicy } {
  const { host, allowedHosts, allowedOrigins, publicOrigin, trustProxy, anonymous } = settings;
  const shown = publicOrigin === undefined ? [] : [publicOrigin];
  const hosts = new HostPolicy({
    boundHost: host,
    allowedHosts: [...allowedHosts, ...shown.map((origin) => origin.replace(/^https?:\/\//, ""))],
  });
  const origins = new OriginPolicy([...allowedOrigins, ...shown]);
  return { gate: new Gate({ hosts, origins, keys, anonymous: anonymous && isApiOpen, proxies: new TrustedProxies(trustProxy) }), origins };
}

/** RFC 6750 §3.1: the key is good, but not for this. */
function lackingScope(scope: string | undefined): Problem {
  return {
    code: "forbidden",
    detail: `this key is not for ${scope}`,
    headers: { "www-authenticate": `Bearer realm="openline", error="insufficient_scope", scope="${scope}"` },
  };
}

/** What a request says its host is. Over HTTP/2 that stands in `:authority` (RFC 9113 §8.3.1), and Node's requests have no `headersDistinct`. */
function hostsOf({
  headers,
  headersDistinct,
}: Partial<Pick<IncomingMessage, "headersDistinct">> & Pick<IncomingMessage, "headers">): readonly string[] {
  const authority = headers[":authority"];
  return typeof authority === "string" ? [authority] : (headersDistinct?.["host"] ?? []);
}

/** Node says `encrypted` of TLS sockets only. */
function proxied(request: IncomingMessage): ProxiedRequest {
  const { socket } = request;
  const [host] = hostsOf(request);
  const headers = host === undefined ? request.headers : { ...request.headers, host };
  return { headers, socket: { remoteAddress: socket.remoteAddress, encrypted: "encrypted" in socket && socket.encrypted === true } };
}
