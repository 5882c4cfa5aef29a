import type { IncomingMessage } from "node:http";
import type { ApiKeys, ApiScope } from "./api-keys.ts";
import type { HostPolicy } from "./host-policy.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import type { Problem } from "./problems.ts";

/** What {@link Gate} asks. */
export interface GateOptions {
  readonly hosts: HostPolicy;
  readonly origins: OriginPolicy;
  readonly keys: ApiKeys;
  /** Whether WebSocket clients may come in without a key. */
  readonly anonymous: boolean;
}

const show = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

/**
 * Who may come in, decided from the request's fields alone, before a body is read or a handshake answered. One gate stands before the HTTP
 * API, the page and the upgrade, so that no door has rules of its own.
 */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Checks `Host` and `Origin`. @returns what to answer instead, undefined when the request may pass */
  check(request: IncomingMessage): Problem | undefined {
    const { hosts, origins } = this.#options;
    const host = request.headers.host ?? "";
    if ((request.headersDistinct["host"]?.length ?? 0) !== 1) {
      return { code: "bad-host", detail: "the request must have exactly one Host field (RFC 9112 §3.2)" };
    }
    if (!hosts.allows(host)) {
      return { code: "host-not-allowed", detail: `the host ${show(host)} is not served here; to serve it, start with --allowed-host NAME` };
    }
    const { origin } = request.headers;
    if (origins.allows(origin, host, isSecure(request))) return undefined;
    return {
      code: "origin-not-allowed",
      detail: `pages of the origin ${show(origin ?? "")} may not use this server; to let them, start with --allowed-origin ORIGIN, or --public-origin ORIGIN behind a proxy`,
    };
  }

  /** Checks the key of a call of the HTTP API, and that it is for `scope`. */
  checkApi(request: IncomingMessage, scope?: ApiScope): Problem | undefined {
    const { keys } = this.#options;
    return keys.required ? this.#checkKey(request, "the API asks for a key: send it as Authorization: Bearer KEY", scope) : undefined;
  }

  /** Checks everything about an upgrade: `Host`, `Origin` and, unless anonymous clients are let in, the key. */
  checkUpgrade(request: IncomingMessage): Problem | undefined {
    const refused = this.check(request);
    if (refused !== undefined || this.#options.anonymous) return refused;
    return this.#checkKey(
      request,
      "WebSocket clients need the key as Authorization: Bearer KEY, unless the server is started with --anonymous",
      "connect",
    );
  }

  #checkKey(request: IncomingMessage, detail: string, scope?: ApiScope): Problem | undefined {
    const check = this.#options.keys.check(request.headers.authorization, scope);
    if (check === "admitted") return undefined;
    if (check === "lacking") return lackingScope(scope);
    return { code: "unauthorized", detail, headers: { "www-authenticate": 'Bearer realm="openline"' } };
  }
}

/** RFC 6750 §3.1: the key is good, but not for this. */
function lackingScope(scope: string | undefined): Problem {
  return {
    code: "forbidden",
    detail: `this key is not for ${scope}`,
    headers: { "www-authenticate": `Bearer realm="openline", error="insufficient_scope", scope="${scope}"` },
  };
}

/** Whether the request came over TLS. */
function isSecure({ socket }: IncomingMessage): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}
