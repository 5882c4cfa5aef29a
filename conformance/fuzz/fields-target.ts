// The functions of the opening handshake with any header fields: never a throw, never an acceptance of what RFC 6455 §4.2.1 refuses, and what one side
// answers the other one takes.
import assert from "node:assert/strict";
import {
  acceptExtensions,
  acceptKey,
  checkExtensions,
  checkField,
  checkRequest,
  checkResponse,
  type DeflateNegotiationOptions,
  formatExtensions,
  offerExtensions,
  PROFILES,
  parseExtensions,
  parseSubprotocols,
  permessageDeflate,
  renderHead,
  responseFields,
} from "@openline/protocol";
import type { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";
import { TrackedPlatform } from "./tracked-platform.ts";

interface FieldsSetting {
  readonly method: string;
  readonly httpVersion: string;
  readonly target: string;
  readonly profile: "ws" | "server";
  readonly serverDeflate: Omit<DeflateNegotiationOptions, "role">;
  readonly clientDeflate: Omit<DeflateNegotiationOptions, "role">;
}

/** A field and its value. */
type Step = readonly [name: string, value: string];

const platform = new TrackedPlatform();
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const RIGHT: readonly Step[] = [
  ["host", "example.org"],
  ["upgrade", "websocket"],
  ["connection", "keep-alive, Upgrade"],
  ["sec-websocket-key", KEY],
  ["sec-websocket-version", "13"],
];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  host: ["", "a", "[::1]:80", "\u00ff"],
  upgrade: ["WebSocket", "h2c, websocket", "websocket/13", "websockets", "", ","],
  connection: ["upgrade", "close", "Upgrade,Upgrade", "up grade", ""],
  "sec-websocket-key": [
    KEY,
    KEY.slice(1),
    `${KEY} `,
    KEY.replace("=", "A"),
    "",
    "A".repeat(22),
    `${"A".repeat(22)}==`,
    `${"B".repeat(21)}B==`,
  ],
  "sec-websocket-version": ["13", "8", "7", "14", "013", "13.0", "+13", "1e1", "", "13, 8", "ⅹⅲ"],
  "sec-websocket-protocol": ["a", "a, b", "a, a", "a,,b", "", "a b", "\u00e9", "a;b", ","],
  "sec-websocket-extensions": [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; server_max_window_bits=8; client_max_window_bits=15, permessage-deflate",
    'permessage-deflate; server_max_window_bits="10"',
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; unknown",
    'x; y="',
    'x; y="\\',
    "x;",
    ";",
    ",",
    "x; y=; z",
  ],
  origin: ["http://example.org", "null", "http://example.org.evil.test", "http://", "%", "http://[", "file://", "\u0000"],
};
const MARKS = [",", ";", "=", '"', "\\", " ", "\t", "\r\n", "\0", "\u00ff", "\u0100", "a", "1", "*", "websocket"];

function randomValue(random: Random, name: string): string {
  const value = random.pick(VALUES[name] ?? [""]);
  if (random.chance(0.5)) return value;
  const at = random.below(value.length + 1);
  const put = Array.from({ length: random.size(random.chance(0.02) ? 20_000 : 4) }, () => random.pick(MARKS)).join("");
  return value.slice(0, at) + put + value.slice(random.chance(0.5) ? at : at + 1);
}

function deflateOptions(random: Random, least: number): Omit<DeflateNegotiationOptions, "role"> {
  const bits = (from: number): number | boolean | undefined => random.pick([undefined, true, false, from, 11, 15]);
  return {
    serverNoContextTakeover: random.pick([undefined, true, false]),
    clientNoContextTakeover: random.pick([undefined, true, false]),
    serverMaxWindowBits: bits(least),
    clientMaxWindowBits: bits(least === 8 ? 9 : 8),
    refuseUnfit: random.chance(0.3),
  };
}

function checkRequestOf(setting: FieldsSetting, fields: Record<string, string>): void {
  const profile = PROFILES[setting.profile];
  const verdict = checkRequest({ ...setting, profile, fields });
  if (!verdict.ok) {
    const { status, fields: more, message } = verdict.error;
    assert.ok([400, 405, 426].includes(status), `status ${status}`);
    assert.ok(message.length > 0);
    for (const field of more) checkField(field);
    return;
  }
  assert.equal(setting.method, "GET");
  assert.equal(Buffer.from(verdict.key, "base64").length, 16, "the key is not 16 bytes");
  assert.ok(profile.versions.includes(verdict.version), `version ${verdict.version}`);
  assert.ok(fields["host"] !== undefined && /(?:^|,)\s*websocket\s*(?:,|$)/i.test(fields["upgrade"] ?? ""), "Host or Upgrade is missing");
  assert.ok(/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(fields["connection"] ?? ""), "Connection lacks Upgrade");
  assert.equal(new Set(verdict.subprotocols).size, verdict.subprotocols.length);
  answer(setting, verdict.key, verdict.subprotocols, fields["sec-websocket-extensions"]);
}

/** Answers the request, and has the answer checked as its client would. */
function answer(setting: FieldsSetting, key: string, subprotocols: readonly string[], offered: string | undefined): void {
  const offers = (offered === undefined ? [] : parseExtensions(offered)) ?? [];
  const ours = permessageDeflate({ ...setting.serverDeflate, role: "server" }, (agreement) => agreement);
  const negotiation = acceptExtensions(offers, [ours]);
  const agreed = negotiation.ok ? negotiation.agreed : [];
  const fields = responseFields({ key, platform, subprotocol: subprotocols[0], extensions: agreed });
  const head = renderHead(101, "Switching Protocols", fields);
  assert.equal(head.split("\r\n").length, fields.length + 3, "a value breaks the head apart");
  const result = checkResponse({
    status: 101,
    fields: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
    key,
    platform,
    subprotocols,
    extensions: offers.map(({ name }) => name),
  });
  assert.ok(result.ok, result.ok ? "" : `our own answer is refused: ${result.error.message}`);
}

function checkResponseOf(fields: Record<string, string>): void {
  const right = { ...fields, "sec-websocket-accept": acceptKey(KEY, platform) };
  for (const each of [fields, right]) {
    const verdict = checkResponse({
      status: 101,
      fields: each,
      key: KEY,
      platform,
      subprotocols: ["a", "b"],
      extensions: ["permessage-deflate"],
    });
    if (!verdict.ok) continue;
    assert.equal(each, right, "a wrong accept value is taken");
    assert.ok(["a", "b"].includes(verdict.subprotocol));
    const ours = permessageDeflate({ role: "client" }, (agreement) => agreement);
    checkExtensions(verdict.extensions, [ours], 101);
  }
}

function checkGrammar(value: string): void {
  const subprotocols = parseSubprotocols(value);
  if (subprotocols !== undefined) assert.deepEqual(parseSubprotocols(subprotocols.join(", ")), subprotocols);
  const extensions = parseExtensions(value);
  if (extensions !== undefined) assert.deepEqual(parseExtensions(formatExtensions(extensions)), extensions);
}

/** A client and a server of ours, each with any options: where they agree, both do the same. */
function checkOwnNegotiation(setting: FieldsSetting): void {
  const client = permessageDeflate({ ...setting.clientDeflate, role: "client" }, (agreement) => agreement);
  const server = permessageDeflate({ ...setting.serverDeflate, role: "server" }, (agreement) => agreement);
  const accepted = acceptExtensions(offerExtensions([client]), [server]);
  if (!accepted.ok || accepted.agreed.length === 0) return;
  const checked = checkExtensions(accepted.agreed, [client], 101);
  if (!checked.ok) {
    // The client forbade what the server insists on: it must say so.
    assert.equal(setting.clientDeflate.clientNoContextTakeover, false, `our client refuses our server: ${JSON.stringify(accepted.agreed)}`);
    return;
  }
  const ours = accepted.agreed[0]?.codec();
  const theirs = checked.agreed[0]?.codec();
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.equal(theirs.serverNoContextTakeover, ours.serverNoContextTakeover);
  assert.equal(theirs.serverMaxWindowBits, ours.serverMaxWindowBits);
  assert.ok(
    theirs.clientMaxWindowBits <= ours.clientMaxWindowBits,
    "the client compresses with a larger window than the server inflates with",
  );
  assert.ok(theirs.clientNoContextTakeover || !ours.clientNoContextTakeover, "the client keeps a context that the server drops");
}

export const fieldsTarget: Target<FieldsSetting, Step> = {
  name: "fields",
  make(random) {
    const fields: Step[] = [...RIGHT];
    for (let count = random.below(4); count > 0; count--) {
      const name = random.pick(Object.keys(VALUES));
      const at = fields.findIndex(([each]) => each === name);
      if (at >= 0) fields.splice(at, 1);
      if (random.chance(0.9)) fields.push([name, randomValue(random, name)]);
    }
    const setting = {
      method: random.chance(0.95) ? "GET" : random.pick(["POST", "get", ""]),
      httpVersion: random.chance(0.95) ? "1.1" : random.pick(["1.0", "0.9", "2.0", "1.10", "", "x"]),
      target: random.chance(0.95) ? "/" : random.pick(["", "*", "example.org:80", "/a b", "/#", "http://x/"]),
      profile: random.pick(["ws", "server"] as const),
      serverDeflate: deflateOptions(random, 9),
      clientDeflate: deflateOptions(random, 8),
    };
    return { setting, steps: fields };
  },
  async run({ setting, steps }: Case<FieldsSetting, Step>) {
    const fields = Object.fromEntries(steps);
    checkRequestOf(setting, fields);
    checkResponseOf(fields);
    for (const [, value] of steps) checkGrammar(value);
    checkOwnNegotiation(setting);
  },
};
