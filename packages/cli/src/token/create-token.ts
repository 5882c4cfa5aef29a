import { createPrivateKey, createSecretKey, type KeyObject, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { SignJWT } from "jose";
import { CommandFailure } from "../failure.ts";
import type { ServeFlags } from "../serve.ts";
import type { Terminal } from "../terminal.ts";
import { timeSpan } from "../time-span.ts";
import { roomRules } from "./room-rules.ts";

/**
 * `openline token create`: prints a token for a user.
 * @returns the exit code 0
 * @throws CommandFailure for flags that cannot be used, and without anything to sign with (2)
 */
export async function createToken(flags: ServeFlags, { out, environment }: Terminal): Promise<number> {
  const { key, algorithm } = signer(flags, environment);
  const claims = claimsOf(flags, Math.floor(Date.now() / 1000));
  const kid = textOf(flags, "key-id");
  const header = { alg: algorithm, typ: "JWT", ...(kid !== undefined && { kid }) };
  const token = await new SignJWT(claims).setProtectedHeader(header).sign(key);
  out.write(flags["json"] === true ? `${JSON.stringify({ token, header, claims })}\n` : `${token}\n`);
  return 0;
}

function claimsOf(flags: ServeFlags, now: number): Record<string, unknown> {
  const lifeMs = timeSpan("expires", textOf(flags, "expires") ?? "1h", { least: "1s", most: "3650d" });
  const rooms = roomRules(listOf(flags, "room"));
  const [issuer, audience] = [textOf(flags, "issuer"), textOf(flags, "audience")];
  return {
    sub: textOf(flags, "user"),
    jti: textOf(flags, "id") ?? randomUUID(),
    iat: now,
    exp: now + Math.ceil(lifeMs / 1000),
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
    ...(rooms !== undefined && { rooms }),
    ...Object.fromEntries(listOf(flags, "claim").map(claimOf)),
  };
}

function claimOf(given: string): [string, unknown] {
  const at = given.indexOf("=");
  if (at < 1) throw new CommandFailure(`--claim must be NAME=VALUE, not ${JSON.stringify(given)}`, 2);
  const value = given.slice(at + 1);
  try {
    return [given.slice(0, at), JSON.parse(value)];
  } catch {
    return [given.slice(0, at), value];
  }
}

interface Signer {
  readonly key: KeyObject;
  readonly algorithm: string;
}

function signer(flags: ServeFlags, environment: Terminal["environment"]): Signer {
  const file = textOf(flags, "key");
  if (file !== undefined) return privateKey(file);
  const secret = textOf(flags, "jwt-secret") ?? environment["OPENLINE_JWT_SECRET"]?.split(",")[0];
  if (secret === undefined || secret === "")
    throw new CommandFailure("there is nothing to sign with: set OPENLINE_JWT_SECRET to the server's secret, or give --key FILE", 2);
  const bytes = Buffer.byteLength(secret);
  // RFC 7518 §3.2; the server refuses to start with a shorter one.
  if (bytes < 32) throw new CommandFailure(`the secret has ${bytes} bytes, at least 32 are needed: openssl rand -base64 32 makes one`, 2);
  return { key: createSecretKey(secret, "utf8"), algorithm: "HS256" };
}

const curves: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

function privateKey(file: string): Signer {
  const key = readKey(file);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") return { key, algorithm: "RS256" };
  if (type === "ed25519") return { key, algorithm: "EdDSA" };
  const algorithm = type === "ec" ? curves[details?.namedCurve ?? ""] : undefined;
  if (algorithm === undefined)
    throw new CommandFailure(`--key ${file}: RSA, EC (P-256, P-384, P-521) and Ed25519 can be used, not ${type}`, 2);
  return { key, algorithm };
}

function readKey(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file));
  } catch (error) {
    throw new CommandFailure(`--key ${file}: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
}

/** One value of a flag. */
export function textOf(flags: ServeFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of a flag that may be given again. */
export function listOf(flags: ServeFlags, name: string): readonly string[] {
  const value = flags[name];
  return typeof value === "object" ? value : [];
}
