import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { createRemoteJWKSet } from "jose";

/** What signs tokens with which algorithms. A key is never tried with an algorithm of another kind: a public key must not pass for a secret (RFC 8725 §2.1). */
export interface JwtKey {
  readonly key: KeyObject | PublishedKeys;
  readonly algorithms: readonly string[];
}

/** Keys from an address. `coolingDown`: they were asked for so shortly before that one which is not among them is not looked for. */
export type PublishedKeys = ReturnType<typeof createRemoteJWKSet>;

/** Where the keys come from. */
export interface JwtKeySettings {
  readonly secrets: readonly string[];
  /** As PEM text. */
  readonly publicKeys: readonly string[];
  readonly jwksUrl: string | undefined;
}

const hmac = ["HS256", "HS384", "HS512"] as const;
const rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const;
const ec = ["ES256", "ES384", "ES512"] as const;
const edwards = ["EdDSA", "Ed25519"] as const;

/** Every algorithm that can be allowed. `none` is not among them. */
export const jwtAlgorithms: readonly string[] = [...hmac, ...rsa, ...ec, ...edwards];

const curves: Readonly<Record<string, readonly string[]>> = { prime256v1: ["ES256"], secp384r1: ["ES384"], secp521r1: ["ES512"] };

/**
 * The keys that verify tokens. Keys from an address are kept for 10 minutes; one that is not known there is asked for again, at most every 30 s, so that keys can be
 * rotated (RFC 7517 §5).
 * @throws TypeError for what is no public key of a kind that signs tokens
 */
export function jwtKeys({ secrets, publicKeys, jwksUrl }: JwtKeySettings): JwtKey[] {
  const keys: JwtKey[] = secrets.map((secret) => ({ key: createSecretKey(Buffer.from(secret)), algorithms: hmac }));
  for (const pem of publicKeys) keys.push(publicKey(pem));
  if (jwksUrl !== undefined) keys.push({ key: createRemoteJWKSet(new URL(jwksUrl)), algorithms: [...rsa, ...ec, ...edwards] });
  return keys;
}

function publicKey(pem: string): JwtKey {
  if (/PRIVATE KEY/.test(pem)) throw new TypeError("this is a private key: give the public one");
  const key = readPem(pem);
  const algorithms = algorithmsOf(key);
  if (algorithms === undefined) throw new TypeError(`a key of the type ${key.asymmetricKeyType} signs no tokens: use RSA, EC or Ed25519`);
  return { key, algorithms };
}

function readPem(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new TypeError("this is no public key in PEM form");
  }
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] | undefined {
  if (asymmetricKeyType === "rsa") return rsa;
  if (asymmetricKeyType === "ed25519") return edwards;
  return asymmetricKeyType === "ec" ? curves[asymmetricKeyDetails?.namedCurve ?? ""] : undefined;
}
