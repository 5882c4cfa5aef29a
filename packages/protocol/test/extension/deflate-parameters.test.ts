import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { DeflateParameters } from "../../src/extension/deflate-parameters.ts";
import { readDeflateParameters, writeDeflateParameters } from "../../src/extension/deflate-parameters.ts";
import type { ExtensionParams } from "../../src/extension/message-extension.ts";

const nothing: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
};

const good: readonly [ExtensionParams, Partial<DeflateParameters>][] = [
  [[], {}],
  [[["server_no_context_takeover", true]], { serverNoContextTakeover: true }],
  [[["client_no_context_takeover", true]], { clientNoContextTakeover: true }],
  [[["server_max_window_bits", "8"]], { serverMaxWindowBits: 8 }],
  [[["server_max_window_bits", "15"]], { serverMaxWindowBits: 15 }],
  [[["client_max_window_bits", "10"]], { clientMaxWindowBits: 10 }],
];

for (const [params, expected] of good) {
  test(`${JSON.stringify(params)} is understood in offers and answers (RFC 7692 §7.1)`, () => {
    for (const from of ["offer", "answer"] as const) assert.deepEqual(readDeflateParameters(params, from), { ...nothing, ...expected });
  });
}

test("client_max_window_bits without a value stands in offers only (RFC 7692 §7.1.2.2)", () => {
  const params: ExtensionParams = [["client_max_window_bits", true]];
  assert.deepEqual(readDeflateParameters(params, "offer"), { ...nothing, clientMaxWindowBits: true });
  assert.equal(readDeflateParameters(params, "answer"), "client_max_window_bits");
});

const bad: readonly [ExtensionParams, string][] = [
  [[["unknown", true]], "unknown"],
  [[["unknown", "1"]], "unknown=1"],
  [[["constructor", true]], "constructor"],
  [[["Server_No_Context_Takeover", true]], "Server_No_Context_Takeover"],
  [[["server_no_context_takeover", "1"]], "server_no_context_takeover=1"],
  [[["client_no_context_takeover", "true"]], "client_no_context_takeover=true"],
  [[["server_max_window_bits", true]], "server_max_window_bits"],
  ...["7", "16", "08", "010", "9.0", "0xa", "1e1", "-9", "+9", "", " 9", "nine"].flatMap((value): [ExtensionParams, string][] => [
    [[["server_max_window_bits", value]], `server_max_window_bits=${value}`],
    [[["client_max_window_bits", value]], `client_max_window_bits=${value}`],
  ]),
  [
    [
      ["server_no_context_takeover", true],
      ["server_no_context_takeover", true],
    ],
    "a parameter is given twice",
  ],
  [
    [
      ["client_max_window_bits", "10"],
      ["client_max_window_bits", true],
    ],
    "a parameter is given twice",
  ],
];

for (const [params, fault] of bad) {
  test(`${JSON.stringify(params)} is refused in offers and answers (RFC 7692 §7.1)`, () => {
    for (const from of ["offer", "answer"] as const) assert.equal(readDeflateParameters(params, from), fault);
  });
}

test("property: what is written is read back the same", () => {
  const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined });
  const parameters = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: bits,
    clientMaxWindowBits: fc.oneof(bits, fc.constant(true as const)),
  });
  fc.assert(
    fc.property(parameters, (each) => {
      assert.deepEqual(readDeflateParameters(writeDeflateParameters(each), "offer"), { ...each });
    }),
  );
});
