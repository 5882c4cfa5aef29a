import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { UsageError } from "../../src/errors.ts";
import { acceptExtensions, checkExtensions, offerExtensions } from "../../src/extension/negotiation.ts";
import type { DeflateAgreement, DeflateNegotiationOptions } from "../../src/extension/permessage-deflate.ts";
import { permessageDeflate } from "../../src/extension/permessage-deflate.ts";
import { formatExtensions, parseExtensions } from "../../src/handshake/extensions.ts";

type Options = Omit<DeflateNegotiationOptions, "role">;
const name = "permessage-deflate";
const parse = (value: string) => parseExtensions(value) ?? assert.fail(`no extensions: ${value}`);
const extension = (role: "server" | "client", options: Options) => permessageDeflate({ role, ...options }, (agreement) => agreement);

/** The field of the answer, "" for none, "400" for a refusal; and the agreement. */
function serve(offers: string, options: Options = {}): [answer: string, agreement: DeflateAgreement | undefined] {
  const negotiation = acceptExtensions(parse(offers), [extension("server", options)]);
  if (!negotiation.ok) return [String(negotiation.error.status), undefined];
  return [formatExtensions(negotiation.agreed), negotiation.agreed[0]?.codec()];
}

const offered = (options: Options = {}): string => formatExtensions(offerExtensions([extension("client", options)]));

function take(answer: string, options: Options = {}): DeflateAgreement | undefined {
  const negotiation = checkExtensions(parse(answer), [extension("client", options)], 101);
  return negotiation.ok ? negotiation.agreed[0]?.codec() : undefined;
}

/** Parameters short: `s` and `c` for no context takeover, `S`n and `C`n for windows. */
const full = (short: string): string =>
  [name, ...short.split(" ").filter(Boolean)]
    .map((part) =>
      part
        .replace(/^S=?(?=\w)/, "server_max_window_bits=")
        .replace(/^S$/, "server_max_window_bits")
        .replace(/^C(?=\d)/, "client_max_window_bits="),
    )
    .map((part) => part.replace(/^C$/, "client_max_window_bits"))
    .map((part) => part.replace(/^s$/, "server_no_context_takeover").replace(/^c$/, "client_no_context_takeover"))
    .join("; ");

const answers: readonly [offer: string, options: Options, answer: string | undefined][] = [
  // RFC 7692 §7.1.3: the examples.
  ["", {}, ""],
  ["C S10", {}, "S10"],
  ["s", {}, "s"],
  ["c", {}, "c"],
  ["s c", {}, "s c"],
  ["", { serverNoContextTakeover: true }, "s"],
  ["", { clientNoContextTakeover: true }, "c"],
  ["s", { serverNoContextTakeover: false }, undefined],
  ["c", { clientNoContextTakeover: false }, "c"],
  ["S12", {}, "S12"],
  ["S12", { serverMaxWindowBits: 10 }, "S10"],
  ["S10", { serverMaxWindowBits: 12 }, "S10"],
  ["S10", { serverMaxWindowBits: false }, undefined],
  ["", { serverMaxWindowBits: 11 }, "S11"],
  // zlib makes no raw stream with a window of 8 bits.
  ["S8", {}, undefined],
  ["C", {}, ""],
  ["C", { clientMaxWindowBits: 10 }, "C10"],
  ["C12", { clientMaxWindowBits: 10 }, "C10"],
  ["C9", { clientMaxWindowBits: 10 }, "C9"],
  ["C9", {}, "C9"],
  ["C8", {}, "C8"],
  ["C9", { clientMaxWindowBits: false }, ""],
  // A client that has not offered the parameter must not get it.
  ["", { clientMaxWindowBits: 10 }, undefined],
  ["s c S9 C9", { serverNoContextTakeover: true, clientNoContextTakeover: true }, "s c S9 C9"],
];

for (const [offer, options, answer] of answers) {
  const outcome = answer === undefined ? "declined" : `answered "${full(answer)}"`;
  test(`a server with ${JSON.stringify(options)}: the offer "${full(offer)}" is ${outcome} (RFC 7692 §7.1)`, () => {
    assert.equal(serve(full(offer), options)[0], answer === undefined ? "" : full(answer));
  });
}

const fallbacks: readonly [offers: string[], options: Options, answer: string | undefined][] = [
  [["S10", ""], {}, "S10"],
  [["S8", ""], {}, ""],
  [["s", ""], { serverNoContextTakeover: false }, ""],
  [["unknown", "S16", "s s", "S11"], {}, "S11"],
  [["", "C"], { clientMaxWindowBits: 9 }, "C9"],
  [["S8", "S=7"], {}, undefined],
];

for (const [offers, options, answer] of fallbacks) {
  const list = offers.map(full).join(", ");
  test(`of the offers "${list}" the first that fits is taken (RFC 7692 §5.1)`, () => {
    assert.equal(serve(list, options)[0], answer === undefined ? "" : full(answer));
  });
}

const unfit: readonly [offers: string, options: Options][] = [
  [full("unknown"), {}],
  [full("S7"), {}],
  [`${full("")}, ${full("S=x")}`, {}],
  [full("s s"), {}],
  [full("s"), { serverNoContextTakeover: false }],
  [full("S10"), { serverMaxWindowBits: false }],
  [full("S10"), { serverMaxWindowBits: 12 }],
  [full("C9"), { clientMaxWindowBits: 10 }],
  [full(""), { clientMaxWindowBits: 10 }],
];

for (const [offers, options] of unfit) {
  test(`with refuseUnfit the offers "${offers}" to ${JSON.stringify(options)} fail the handshake with 400, as in ws`, () => {
    assert.equal(serve(offers, { ...options, refuseUnfit: true })[0], "400");
  });
}

test("with refuseUnfit a window of 8, which ws takes, is declined and not refused: zlib cannot make it", () => {
  assert.equal(serve(full("S8"), { refuseUnfit: true })[0], "");
  assert.equal(serve(`${full("S8")}, ${full("")}`, { refuseUnfit: true })[0], name);
});

test("the agreement says what both ends do, windows that nobody limits are 15 (RFC 7692 §7.1.2)", () => {
  const all = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 10 };
  assert.deepEqual(serve(full("s c S9 C10"))[1], all);
  assert.deepEqual(take(full("s c S9 C10")), all);
  const none = { serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: 15, clientMaxWindowBits: 15 };
  assert.deepEqual(serve(full("C"))[1], none);
  assert.deepEqual(take(full("")), none);
});

const offers: readonly [Options, string][] = [
  [{}, "C"],
  [{ clientMaxWindowBits: true }, "C"],
  [{ clientMaxWindowBits: false }, ""],
  [{ clientMaxWindowBits: 10 }, "C10"],
  [{ serverMaxWindowBits: 9 }, "S9 C"],
  [{ serverNoContextTakeover: true, clientNoContextTakeover: true }, "s c C"],
  [{ serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: false }, "C"],
];

for (const [options, offer] of offers) {
  test(`a client with ${JSON.stringify(options)} offers "${full(offer)}" (RFC 7692 §7.1)`, () => {
    assert.equal(offered(options), full(offer));
  });
}

const good: readonly [answer: string, options: Options][] = [
  ["", {}],
  ["s", {}],
  ["c", {}],
  ["S8", {}],
  ["S15", {}],
  ["C8", {}],
  ["C15", {}],
  ["S9", { serverMaxWindowBits: 10 }],
  ["C9", { clientMaxWindowBits: 10 }],
  ["", { serverMaxWindowBits: 10, serverNoContextTakeover: true }],
];

const wrong: readonly [answer: string, options: Options][] = [
  ["C", {}],
  ["C16", {}],
  ["S", {}],
  ["S7", {}],
  ["s s", {}],
  ["unknown", {}],
  ["c", { clientNoContextTakeover: false }],
  ["S11", { serverMaxWindowBits: 10 }],
  ["C11", { clientMaxWindowBits: 10 }],
  ["C9", { clientMaxWindowBits: false }],
];

for (const [answer, options] of good) {
  test(`a client with ${JSON.stringify(options)} takes the answer "${full(answer)}" (RFC 7692 §7.1)`, () => {
    assert.ok(take(full(answer), options));
  });
}
for (const [answer, options] of wrong) {
  test(`a client with ${JSON.stringify(options)} fails the handshake for the answer "${full(answer)}" (RFC 7692 §7.1)`, () => {
    assert.equal(take(full(answer), options), undefined);
  });
}

test("what a client said of itself it does, even if the answer is silent about it (RFC 7692 §7.1.1.2, §7.1.2.2)", () => {
  const agreement = take(full(""), { clientNoContextTakeover: true, clientMaxWindowBits: 9 });
  assert.deepEqual([agreement?.clientNoContextTakeover, agreement?.clientMaxWindowBits], [true, 9]);
});

const windows: readonly [Options & { role: "server" | "client" }, boolean][] = [
  [{ role: "server", serverMaxWindowBits: 9, clientMaxWindowBits: 8 }, true],
  [{ role: "client", serverMaxWindowBits: 8, clientMaxWindowBits: 9 }, true],
  [{ role: "server", serverMaxWindowBits: 8 }, false],
  [{ role: "client", clientMaxWindowBits: 8 }, false],
  [{ role: "server", serverMaxWindowBits: 16 }, false],
  [{ role: "server", clientMaxWindowBits: 7 }, false],
  [{ role: "client", serverMaxWindowBits: 9.5 }, false],
  [{ role: "client", serverMaxWindowBits: Number.NaN }, false],
];

for (const [options, isGood] of windows) {
  test(`${JSON.stringify(options)} is ${isGood ? "taken" : "refused at once, naming the option"}`, () => {
    const make = () => permessageDeflate(options, () => undefined);
    if (isGood) assert.doesNotThrow(make);
    else assert.throws(make, (error) => error instanceof UsageError && /perMessageDeflate\.\w+ is /.test(error.message));
  });
}

test("property: whatever both ends are told, our client takes our server's answer, and both agree (RFC 7692 §7.1)", () => {
  const window = fc.option(fc.oneof(fc.integer({ min: 9, max: 15 }), fc.boolean()), { nil: undefined });
  const flag = fc.option(fc.boolean(), { nil: undefined });
  const options = fc.record({
    serverNoContextTakeover: flag,
    clientNoContextTakeover: flag,
    serverMaxWindowBits: window,
    clientMaxWindowBits: window,
  });
  fc.assert(
    fc.property(options, options, (server, client) => {
      const [answer, theirs] = serve(offered(client), server);
      const ours = theirs && take(answer, client);
      if (theirs === undefined) assert.equal(answer, "");
      else if (ours === undefined) assert.ok(client.clientNoContextTakeover === false && server.clientNoContextTakeover === true);
      else {
        assert.equal(ours.serverMaxWindowBits, theirs.serverMaxWindowBits);
        assert.equal(ours.serverNoContextTakeover, theirs.serverNoContextTakeover);
        assert.ok(ours.clientMaxWindowBits <= theirs.clientMaxWindowBits);
        assert.ok(ours.clientNoContextTakeover || !theirs.clientNoContextTakeover);
      }
    }),
  );
});
