import type { ClientOptions } from "../client-options.ts";

/** What a page has and a program has not: its address, and what the user's settings say about connections. */
export interface WebEnvironment {
  /** Relative addresses are resolved against it, and its origin goes along as `Origin`. Default none: only absolute addresses are right then. */
  readonly baseUrl?: string | URL | undefined;
  /** Settings of the connections: certificates to trust (`ca`), header fields, limits, compression. Those of redirects have no effect. */
  readonly client?: ClientOptions | undefined;
}

let environment: WebEnvironment = {};
let base: URL | undefined;

/**
 * Sets the environment of the classes in `@openline/ws/web`, for the sockets that are made from here on; what is left out is unset.
 * @throws TypeError for a base that is no absolute URL
 */
export function setEnvironment(settings: WebEnvironment): void {
  base = settings.baseUrl === undefined ? undefined : new URL(settings.baseUrl);
  environment = { ...settings };
}

/** The address against which relative ones are resolved. */
export function baseUrl(): URL | undefined {
  return base;
}

/** The settings of a connection that begins now. */
export function clientOptions(): ClientOptions {
  const origin = base === undefined || base.origin === "null" ? undefined : base.origin;
  // Fetch's redirect mode for WebSockets is "error".
  return { origin, ...environment.client, followRedirects: false };
}
