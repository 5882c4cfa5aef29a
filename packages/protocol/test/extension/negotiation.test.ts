import assert from "node:assert/strict";
import test from "node:test";
import type { ExtensionVerdict, MessageExtension, RsvBit } from "../../src/extension/message-extension.ts";
import { acceptExtensions, checkExtensions, offerExtensions } from "../../src/extension/negotiation.ts";
import { parseExtensions } from "../../src/handshake/extensions.ts";

const parse = (value: string) => parseExtensions(value) ?? assert.fail(value);

/** An extension whose verdict on everything is the one given. */
function fake(name: string, rsv: RsvBit, kind: ExtensionVerdict<string>["kind"] = "accepted"): MessageExtension<string> {
  const verdict = (): ExtensionVerdict<string> => {
    if (kind === "accepted") return { kind, params: [["said", name]], codec: () => `codec of ${name}` };
    return kind === "declined" ? { kind } : { kind, detail: "no" };
  };
  return { name, rsv, offers: () => [[["a", true]], [["b", "1"]]], accept: verdict, check: verdict };
}

/** Names agreed on, or what the handshake fails with. */
function accepted(offers: string, ...supported: MessageExtension<string>[]): string {
  const negotiation = acceptExtensions(parse(offers), supported);
  return negotiation.ok ? negotiation.agreed.map(({ name }) => name).join() : `${negotiation.error.status} ${negotiation.error.code}`;
}

function checked(answers: string, ...supported: MessageExtension<string>[]): string {
  const negotiation = checkExtensions(parse(answers), supported, 101);
  return negotiation.ok ? negotiation.agreed.map(({ name }) => name).join() : `${negotiation.error.status} ${negotiation.error.code}`;
}

test("a client offers each of its extensions in each of its forms, in order (RFC 6455 §9.1)", () => {
  assert.deepEqual(offerExtensions([fake("x", 0x40), fake("y", 0)]), [
    { name: "x", params: [["a", true]] },
    { name: "x", params: [["b", "1"]] },
    { name: "y", params: [["a", true]] },
    { name: "y", params: [["b", "1"]] },
  ]);
});

const servers: readonly [rule: string, got: () => string, expected: string][] = [
  ["unknown extensions are left out", () => accepted("u, x, v", fake("x", 0x40)), "x"],
  ["the client's order is kept", () => accepted("y, x", fake("x", 0x40), fake("y", 0)), "y,x"],
  ["of two with a codec the client's first is taken", () => accepted("y, x", fake("x", 0x40), fake("y", 0x20)), "y"],
  ["one that was declined leaves room for the next", () => accepted("x, y", fake("x", 0x40, "declined"), fake("y", 0x40)), "y"],
  ["an extension is taken once, however often it is offered", () => accepted("x; a, y, x; b", fake("x", 0x40), fake("y", 0)), "x,y"],
  ["a refusal fails the handshake", () => accepted("y, x", fake("x", 0x40, "refused"), fake("y", 0)), "400 HANDSHAKE_EXTENSIONS"],
];

for (const [rule, got, expected] of servers) test(`a server: ${rule} (RFC 6455 §9.1)`, () => assert.equal(got(), expected));

test("an extension judges all the offers under its name together, and its codec comes along", () => {
  const seen: unknown[] = [];
  const x = fake("x", 0x40);
  const negotiation = acceptExtensions(parse("x; b, y, x; c=1"), [
    {
      ...x,
      accept: (offers) => {
        seen.push(...offers);
        return x.accept(offers);
      },
    },
  ]);
  assert.deepEqual(seen, [[["b", true]], [["c", "1"]]]);
  assert.ok(negotiation.ok);
  assert.deepEqual(
    negotiation.agreed.map(({ params, rsv, codec }) => ({ params, rsv, codec: codec() })),
    [{ params: [["said", "x"]], rsv: 0x40, codec: "codec of x" }],
  );
});

const failed = "101 HANDSHAKE_RESPONSE_EXTENSIONS";
const clients: readonly [rule: string, got: () => string, expected: string][] = [
  ["the extensions of the answer are used", () => checked("y, x", fake("x", 0x40), fake("y", 0)), "y,x"],
  ["an extension that was not offered fails the handshake", () => checked("x, u", fake("x", 0x40)), failed],
  ["an extension given twice fails it", () => checked("x, x", fake("x", 0)), failed],
  ["two with a codec fail it", () => checked("x, y", fake("x", 0x40), fake("y", 0x20)), failed],
  ["bad parameters fail it", () => checked("x", fake("x", 0x40, "refused")), failed],
  ["a client cannot decline any more", () => checked("x", fake("x", 0x40, "declined")), failed],
];

for (const [rule, got, expected] of clients) test(`a client: ${rule} (RFC 6455 §4.1, §9.1)`, () => assert.equal(got(), expected));
