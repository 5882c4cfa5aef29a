import { readFileSync } from "node:fs";
import type { AccessOptions, Authorize, MessageHook } from "@openline/hub";
import { ApiKeys } from "../api-keys.ts";
import { asksAboutConnect } from "../application-settings.ts";
import { faultText } from "../fault.ts";
import type { Logger } from "../log.ts";
import { type Settings, SettingsError } from "../settings.ts";
import { type JwtSettings, readsJwt } from "./access-settings.ts";
import { type AuthenticateFunction, Authenticator } from "./authenticator.ts";
import { jwtKeys } from "./jwt-keys.ts";
import { JwtVerifier } from "./jwt-verifier.ts";
import { type Claim, Tickets } from "./tickets.ts";

/** The functions by which a program takes part in who may come in. */
export interface AccessFunctions {
  /** Knows clients by the application's own means. */
  readonly authenticate?: AuthenticateFunction | undefined;
  /** Grants what neither token nor rules grant. */
  readonly authorize?: Authorize | undefined;
  /** Looks at each message before anything is done with it. */
  readonly checkMessage?: MessageHook | undefined;
}

/** Who may come in, put together from the settings: what the upgrade, the HTTP API and the hub share. */
export interface Entrance {
  readonly keys: ApiKeys;
  readonly tickets: Tickets;
  /** Undefined where everybody may come in and nobody can prove anything. */
  readonly authenticator: Authenticator | undefined;
  /** For the hub. */
  readonly access: AccessOptions;
}

/** @throws SettingsError for a key that cannot be read */
export function createEntrance(settings: Settings, functions: AccessFunctions, claim: Claim, now: () => number, log: Logger): Entrance {
  const { apiKeys, jwt, authCookie: cookie, anonymous, ask, limits, permissions, tokenInEachMessage } = settings;
  const { authenticate, authorize, checkMessage } = functions;
  const keys = new ApiKeys(apiKeys);
  const tickets = new Tickets(apiKeys, claim, now);
  const isProved = keys.required || readsJwt(jwt) || authenticate !== undefined;
  // Who proved nothing is let through to the application, which is asked.
  const isOpen = anonymous || asksAboutConnect(ask);
  const verifier = readsJwt(jwt) ? createVerifier(jwt) : undefined;
  const authenticator = isProved
    ? new Authenticator({ keys, tickets, authenticate, jwt: verifier, cookie, passUnknown: isOpen, now, log })
    : undefined;
  const access: AccessOptions = {
    anonymous: isOpen,
    tokenInEachMessage,
    revocations: isProved,
    connectionsPerUser: limits.connectionsPerUser,
    ...(authenticator !== undefined && { authenticate: (token, context) => authenticator.token(token, context) }),
    ...(permissions !== undefined && { rooms: permissions }),
    ...(authorize !== undefined && { authorize }),
    ...(checkMessage !== undefined && { checkMessage }),
  };
  return { keys, tickets, authenticator, access };
}

/** Reads tokens as a server with these settings does. @throws SettingsError for a key that cannot be read */
export function createVerifier({ secrets, publicKeys, jwksUrl, ...rules }: JwtSettings): JwtVerifier {
  const pems = publicKeys.map((given) => readKey(given));
  return new JwtVerifier(
    pems
      .flatMap(({ name, pem }) => named(name, () => jwtKeys({ secrets: [], publicKeys: [pem], jwksUrl: undefined })))
      .concat(jwtKeys({ secrets, publicKeys: [], jwksUrl })),
    rules,
  );
}

function readKey(given: string): { readonly name: string; readonly pem: string } {
  if (given.includes("-----BEGIN")) return { name: "the key", pem: given };
  return { name: given, pem: named(given, () => readFileSync(given, "utf8")) };
}

function named<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new SettingsError(`--jwt-public-key ${name}: ${faultText(error)}`);
  }
}
