import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptExtensions, formatExtensions, offerExtensions, PROFILES, parseExtensions } from "@openline/protocol";
import { type ExtensionOptions, endpointExtensions, extensionNames } from "../src/endpoint-extensions.ts";

const { ws, server: secure } = PROFILES;

const offer = (options: ExtensionOptions): string => formatExtensions(offerExtensions(endpointExtensions("client", options, ws)));

function answer(options: ExtensionOptions, profile: typeof ws, offers = "permessage-deflate"): string {
  const negotiation = acceptExtensions(parseExtensions(offers) ?? [], endpointExtensions("server", options, profile));
  return negotiation.ok ? formatExtensions(negotiation.agreed) : String(negotiation.error.status);
}

test("a client offers compression unless it is told not to, as in ws (RFC 7692 §5)", () => {
  assert.equal(offer({}), "permessage-deflate; client_max_window_bits");
  assert.equal(offer({ perMessageDeflate: true }), "permessage-deflate; client_max_window_bits");
  assert.equal(
    offer({ perMessageDeflate: { serverMaxWindowBits: 9, clientMaxWindowBits: false } }),
    "permessage-deflate; server_max_window_bits=9",
  );
  assert.equal(offer({ perMessageDeflate: false }), "");
});

test("a server accepts it when it is told to, as in ws; with secure it keeps no context unless asked (RFC 7692 §5.1)", () => {
  for (const profile of [ws, secure]) {
    assert.equal(answer({}, profile), "");
    assert.equal(answer({ perMessageDeflate: false }, profile), "");
  }
  assert.equal(answer({ perMessageDeflate: true }, ws), "permessage-deflate");
  assert.equal(answer({ perMessageDeflate: true }, secure), "permessage-deflate; server_no_context_takeover");
  assert.equal(answer({ perMessageDeflate: { threshold: 0 } }, secure), "permessage-deflate; server_no_context_takeover");
  assert.equal(answer({ perMessageDeflate: { serverNoContextTakeover: false } }, secure), "permessage-deflate");
});

test("an offer that does not fit fails the handshake as in ws, and is declined with secure (RFC 7692 §7)", () => {
  assert.equal(answer({ perMessageDeflate: true }, ws, "permessage-deflate; unknown"), "400");
  assert.equal(answer({ perMessageDeflate: true }, secure, "permessage-deflate; unknown"), "");
});

test("the names are joined as ws joins them", () => {
  const codec = (): never => assert.fail();
  const used = ["a", "b"].map((name) => ({ name, params: [], rsv: 0 as const, codec }));
  assert.equal(extensionNames(used), "a,b");
  assert.equal(extensionNames([]), "");
});
