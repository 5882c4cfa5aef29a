import { createHash, timingSafeEqual } from "node:crypto";

/** What a key may be for; a key that names none may do everything. `connect`: a WebSocket handshake where anonymous clients are not let in. */
export const apiScopes = ["publish", "history", "presence", "disconnect", "revoke", "tickets", "webhooks", "metrics", "connect"] as const;

export type ApiScope = (typeof apiScopes)[number];

/** `lacking`: the key is one of ours, but not for this. */
export type KeyCheck = "admitted" | "unknown" | "lacking";

/** A key as it is set: `KEY` for everything, `publish+history:KEY` for these scopes only. */
export interface ApiKey {
  readonly key: string;
  readonly scopes: ReadonlySet<ApiScope>;
}

const everything: ReadonlySet<ApiScope> = new Set(apiScopes);

const isScope = (text: string): text is ApiScope => (apiScopes as readonly string[]).includes(text);

/** Reads a key with its scopes. @returns the key, or in a sentence what is wrong with it, which never names the key itself */
export function parseApiKey(text: string): ApiKey | string {
  const prefix = /^([a-z+]+):/.exec(text)?.[1];
  const key = prefix === undefined ? text : text.slice(prefix.length + 1);
  if (!/^[!-~]{16,256}$/.test(key)) return "must be 16 to 256 visible ASCII characters";
  if (prefix === undefined) return { key, scopes: everything };
  const names = prefix.split("+");
  const scopes = names.filter(isScope);
  const wrong = names.find((name) => !isScope(name));
  if (wrong === undefined) return { key, scopes: new Set(scopes) };
  return `must have scopes of ${apiScopes.join(", ")} before its ":", joined by "+", not ${JSON.stringify(wrong)}`;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The API keys of this server, kept as digests. A comparison takes the same time for every presented key, whatever it shares with a real one.
 */
export class ApiKeys {
  readonly #keys: readonly { readonly digest: Buffer; readonly scopes: ReadonlySet<ApiScope> }[];

  /** @throws TypeError for a key that {@link parseApiKey} refuses; the settings refuse it before */
  constructor(keys: readonly string[]) {
    this.#keys = keys.map((text) => {
      const parsed = parseApiKey(text);
      if (typeof parsed === "string") throw new TypeError(`an API key ${parsed}`);
      return { digest: digest(parsed.key), scopes: parsed.scopes };
    });
  }

  /** Whether any key is set; without one the API asks for none. */
  get required(): boolean {
    return this.#keys.length > 0;
  }

  /** Whether the `Authorization` field carries one of the keys as a bearer token (RFC 6750 §2.1), and one that is for `scope`. */
  check(authorization: string | undefined, scope?: ApiScope): KeyCheck {
    const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return "unknown";
    const presented = digest(token);
    // Every key is compared, so that the time does not tell which one matched.
    const matching = this.#keys.filter((known) => timingSafeEqual(known.digest, presented));
    if (matching.length === 0) return "unknown";
    return scope === undefined || matching.some(({ scopes }) => scopes.has(scope)) ? "admitted" : "lacking";
  }
}
