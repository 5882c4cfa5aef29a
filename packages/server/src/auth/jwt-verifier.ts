import type { Proof } from "@openline/hub";
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { JwtKey, PublishedKeys } from "./jwt-keys.ts";
import { identityOf } from "./token-identity.ts";

/** What a token must say. */
export interface JwtRules {
  /** Algorithms that are allowed, of those that fit the keys. Empty: all that fit. */
  readonly algorithms: readonly string[];
  /** One of these must be in `aud`. Empty: not looked at. */
  readonly audiences: readonly string[];
  /** One of these must be `iss`. Empty: not looked at. */
  readonly issuers: readonly string[];
  /** How far the clocks may be apart. */
  readonly leewayMs: number;
}

/** Reads JSON Web Tokens (RFC 7519, with the advice of RFC 8725). Its answers tell what is wrong, and nothing of the token. */
export class JwtVerifier {
  readonly #keys: readonly JwtKey[];
  readonly #rules: JwtRules;

  constructor(keys: readonly JwtKey[], rules: JwtRules) {
    this.#keys = keys;
    this.#rules = rules;
  }

  async verify(token: string): Promise<Proof> {
    const algorithm = algorithmOf(token);
    if (algorithm === undefined) return invalid("the token is no JSON Web Token");
    const { algorithms } = this.#rules;
    const fitting = this.#keys.filter((key) => key.algorithms.includes(algorithm));
    if (fitting.length === 0 || (algorithms.length > 0 && !algorithms.includes(algorithm))) {
      return invalid(`the token is signed with ${JSON.stringify(algorithm.slice(0, 20))}, which is not allowed here`);
    }
    let answer: Proof = invalid("the token's signature is not ours");
    for (const key of fitting) {
      answer = await this.#verifyWith(key, token, algorithm);
      if (answer.ok || answer.why !== "invalid" || answer.message !== foreign) return answer;
    }
    return answer;
  }

  async #verifyWith({ key }: JwtKey, token: string, algorithm: string): Promise<Proof> {
    const { audiences, issuers, leewayMs } = this.#rules;
    const options: JWTVerifyOptions = {
      algorithms: [algorithm],
      clockTolerance: leewayMs / 1000,
      ...(audiences.length > 0 && { audience: [...audiences] }),
      ...(issuers.length > 0 && { issuer: [...issuers] }),
    };
    // Without asking again nobody knows whether a key that is not among them was published since.
    const isOld = typeof key === "function" && key.coolingDown;
    try {
      return identityOf(
        typeof key === "function" ? await readPublished(token, key, options) : (await jwtVerify(token, key, options)).payload,
        leewayMs,
      );
    } catch (error) {
      return isOld && error instanceof errors.JWKSNoMatchingKey ? unavailable : refusalOf(error);
    }
  }
}

/** Reads a token with published keys; one that does not name its key with each that fits. @throws what jose says is wrong with it */
async function readPublished(token: string, keys: PublishedKeys, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const payload = await jwtVerify(token, key, options).then(
        (read) => read.payload,
        (fault: unknown) => {
          if (!(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault;
          return undefined;
        },
      );
      if (payload !== undefined) return payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

const foreign = "the token's signature is not ours";
const unavailable: Proof = { ok: false, why: "unavailable", message: "the keys that the token must be checked with cannot be had now" };

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

/** jose's own texts quote the token's claims; ours name the claim only. */
function refusalOf(error: unknown): Proof {
  if (error instanceof errors.JWTExpired) return { ok: false, why: "expired", message: "the token has expired" };
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`the token's ${error.claim} is not right for this server`);
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid(foreign);
  if (error instanceof errors.JWKSNoMatchingKey) return invalid(foreign);
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return invalid("the token is no JSON Web Token");
  if (error instanceof errors.JOSENotSupported || error instanceof errors.JOSEAlgNotAllowed)
    return invalid("the token is signed in a way that is not allowed here");
  return unavailable;
}

function invalid(message: string): Proof {
  return { ok: false, why: "invalid", message };
}
