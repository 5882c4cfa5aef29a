import { text } from "node:stream/consumers";
import type { Proof } from "@openline/hub";
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from "jose";
import { CommandFailure } from "../failure.ts";
import type { ServeFlags } from "../serve.ts";
import { paint, type Terminal } from "../terminal.ts";
import { spanText } from "../time-span.ts";

/** What `openline token inspect` found. */
interface Found {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: JWTPayload;
  /** Undefined: there was nothing to check with. */
  readonly proof: Proof | undefined;
}

/**
 * `openline token inspect`: says what stands in a token, and whether a server with these settings would take it.
 * @returns the exit code: 0 good or not checked, 1 it would be refused
 * @throws CommandFailure for what is no token, and for settings that cannot be used (2)
 */
export async function inspectToken(
  given: string | undefined,
  flags: ServeFlags,
  terminal: Terminal,
  input: NodeJS.ReadableStream,
): Promise<number> {
  const token = (given ?? (await text(input))).trim().replace(/^Bearer +/i, "");
  if (token === "") throw new CommandFailure("there is no token: give it as an argument, or on standard input", 2);
  const found = { ...decoded(token), proof: await proofOf(token, flags, terminal) };
  terminal.out.write(flags["json"] === true ? json(found) : told(found, terminal, Date.now()));
  return found.proof?.ok === false ? 1 : 0;
}

function decoded(token: string): Pick<Found, "header" | "claims"> {
  try {
    return { header: { ...decodeProtectedHeader(token) }, claims: decodeJwt(token) };
  } catch {
    const parts = token.split(".").length;
    throw new CommandFailure(
      `that is no JSON Web Token: it has ${parts} part${parts === 1 ? "" : "s"} joined by dots, a token has 3 of base64url`,
      2,
    );
  }
}

async function proofOf(
  token: string,
  { config, json: _json, ...flags }: ServeFlags,
  { environment }: Terminal,
): Promise<Proof | undefined> {
  const { createVerifier, loadSettings, SettingsError } = await import("@openline/server");
  try {
    const { jwt } = loadSettings({ flags, environment, ...(typeof config === "string" && { file: config }) });
    if (jwt.secrets.length + jwt.publicKeys.length === 0 && jwt.jwksUrl === undefined) return undefined;
    return await createVerifier(jwt).verify(token);
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandFailure(error.message, 2);
    throw error;
  }
}

function json({ header, claims, proof }: Found): string {
  const verdict = proof === undefined ? {} : proof.ok ? { good: true } : { good: false, why: proof.message };
  return `${JSON.stringify({ header, claims, ...verdict })}\n`;
}

const times: Readonly<Record<string, string>> = { iat: "made", nbf: "good from", exp: "good until" };

function told({ header, claims, proof }: Found, terminal: Terminal, now: number): string {
  const lines = Object.entries(claims).map(([name, value]) => {
    const label = times[name];
    const shown = label !== undefined && typeof value === "number" ? whenText(value * 1000, now) : JSON.stringify(value);
    return `  ${name.padEnd(8)} ${shown}${label === undefined ? "" : paint(terminal, "dim", `  (${label})`)}`;
  });
  const { alg, kid } = header;
  const head = paint(terminal, "bold", `signed with ${textIn(alg)}${kid === undefined ? "" : `, key ${textIn(kid)}`}`);
  return `${[head, ...lines, verdictText(proof)].join("\n")}\n`;
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function whenText(at: number, now: number): string {
  const distance = at >= now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`;
  return `${new Date(at).toISOString().replace(".000Z", "Z")}, ${distance}`;
}

function verdictText(proof: Proof | undefined): string {
  if (proof === undefined)
    return "not checked: there is neither a secret nor a key to check with (--jwt-secret, --jwt-public-key, --jwt-jwks-url)";
  if (proof.ok) return `good: a server with these settings lets in ${JSON.stringify(proof.identity?.subject ?? "")}`;
  return `refused: ${proof.message}`;
}
