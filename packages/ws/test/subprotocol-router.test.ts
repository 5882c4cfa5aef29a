import assert from "node:assert/strict";
import { test } from "node:test";
import { SubprotocolRouter } from "../src/subprotocol-router.ts";
import { closed, openPair } from "./fixtures/pair.ts";

const handler = (): void => undefined;

test("the first subprotocol offered that has a handler is chosen; names are compared with case (RFC 6455 §4.2.2)", () => {
  const router = new SubprotocolRouter({ handlers: { "chat.v1": handler, "chat.v2": handler } });
  assert.equal(router.choose(["mqtt", "chat.v2", "chat.v1"]), "chat.v2");
  assert.equal(router.choose(["CHAT.V1", "toString", "__proto__"]), undefined);
  assert.equal(router.choose([]), undefined);
});

test("none that fits: 400, or the status of the option, with the names; or the handler for all others", () => {
  const handlers = { chat: handler };
  const body = "One of these subprotocols is needed: chat";
  assert.deepEqual(new SubprotocolRouter({ handlers }).refusal(["mqtt"]), { status: 400, body });
  assert.deepEqual(new SubprotocolRouter({ handlers, otherwise: 404 }).refusal([]), { status: 404, body });
  assert.equal(new SubprotocolRouter({ handlers }).refusal(["mqtt", "chat"]), undefined);
  assert.equal(new SubprotocolRouter({ handlers, otherwise: handler }).refusal(["mqtt"]), undefined);
});

test("routes that cannot be are refused", () => {
  assert.throws(() => new SubprotocolRouter({ handlers: {} }), TypeError);
  assert.throws(() => new SubprotocolRouter({ handlers: { chat: handler }, otherwise: 200 }), /status 200/);
});

test("each connection goes to the handler of its subprotocol, after the event connection", async (t) => {
  const log: string[] = [];
  const subprotocols = {
    handlers: {
      chat: (socket: { send(text: string): unknown }) => socket.send("chat here"),
      mqtt: () => log.push("mqtt"),
    },
    otherwise: () => log.push("none"),
  };
  const { client } = await openPair(t, { subprotocols }, { protocols: ["x", "chat"] });
  assert.equal(client.protocol, "chat");
  const [text] = await new Promise<unknown[]>((resolve) => client.once("message", (...args) => resolve(args)));
  assert.equal(String(text), "chat here");
  await openPair(t, { subprotocols }, { protocols: ["mqtt"] });
  const { client: plain } = await openPair(t, { subprotocols });
  assert.equal(plain.protocol, "");
  assert.deepEqual(log, ["mqtt", "none"]);
});

test("H: a handler that throws closes its connection with 1011 when the policy says so (RFC 6455 §7.4.1)", async (t) => {
  const errors: unknown[] = [];
  const chat = async (): Promise<void> => Promise.reject(new Error("handler"));
  const { client } = await openPair(
    t,
    { subprotocols: { handlers: { chat } }, onHandlerError: (error) => errors.push(error) },
    { protocols: ["chat"] },
  );
  assert.deepEqual(await closed(client), [1011, "internal error"]);
  assert.equal(errors.length, 1);
});
