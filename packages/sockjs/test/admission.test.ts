import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { admitted } from "../src/admission.ts";

const request = new IncomingMessage(new Socket());

test("without a rule everybody comes in; a rule that throws lets nobody in, and says nothing of its reason", async () => {
  assert.deepEqual(await admitted(undefined, request, "xhr-polling"), { ok: true });
  assert.deepEqual(await admitted((_, protocol) => ({ ok: true, context: protocol }), request, "jsonp-polling"), {
    ok: true,
    context: "jsonp-polling",
  });
  const refused = await admitted(
    () => {
      throw new Error("the password is x");
    },
    request,
    "xhr-polling",
  );
  assert.deepEqual(refused, { ok: false, status: 500, body: "The server failed at this request." });
});
