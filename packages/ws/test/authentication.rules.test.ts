import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { HandshakeCheck } from "../src/handshake-checks.ts";
import type { MessageCheck } from "../src/message-checks.ts";
import type { ServerOptions } from "../src/server-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { closed, listen, messages, openPair, textOf } from "./fixtures/pair.ts";
import { rawConnect, readAll, upgradeRequest } from "./fixtures/raw-client.ts";

const sessions = new Map([
  ["s-ann", "ann"],
  ["s-bob", "bob"],
]);

/** The first way: who it is stands in the cookie or in the header of the handshake. */
const identity: HandshakeCheck = ({ request, context }) => {
  const session = /(?:^|;\s*)session=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const user = sessions.get(session ?? bearer ?? "");
  if (user === undefined) return { status: 401, body: "log in first", fields: { "WWW-Authenticate": "Bearer" } };
  context["user"] = user;
  return undefined;
};

async function statusOf(t: TestContext, options: ServerOptions, fields: Record<string, string>): Promise<string> {
  const { port } = await listen(t, options);
  const raw = await rawConnect(t, port);
  raw.write(upgradeRequest(fields));
  raw.once("data", (data: Buffer) => data.includes("101 Switching") && raw.end());
  return (await readAll(raw)).slice(9, 12);
}

const handshakes: readonly (readonly [rule: string, fields: Record<string, string>, status: string])[] = [
  ["nobody", {}, "401"],
  ["an unknown session", { Cookie: "session=s-eve" }, "401"],
  ["a known session among other cookies", { Cookie: "theme=dark; session=s-ann; x=y" }, "101"],
  ["a bearer token", { Authorization: "Bearer s-bob" }, "101"],
  ["a known session from a foreign page", { Cookie: "session=s-ann", Origin: "https://evil.example" }, "403"],
  ["a known session from our page", { Cookie: "session=s-ann", Origin: "https://chat.example" }, "101"],
];

for (const [who, fields, status] of handshakes) {
  test(`O: identity in the handshake: ${who} is answered ${status} before any upgrade`, async (t) => {
    assert.equal(await statusOf(t, { handshakeChecks: [identity], origins: ["https://chat.example"] }, fields), status);
  });
}

test("O: who it is is known to the application with the connection", async (t) => {
  const { socket } = await openPair(t, { handshakeChecks: [identity] }, { headers: { Cookie: "session=s-bob" } });
  assert.equal(socket.context["user"], "bob");
});

const secret = "only the server knows this";
const sign = (text: string): string => createHmac("sha256", secret).update(text).digest("base64url");
const tokenFor = (user: string, expires: number): string => `${user}.${expires}.${sign(`${user}.${expires}`)}`;

/** Who the token is for; undefined when we have not made it. */
function readToken(token: string): { user: string; expires: number } | undefined {
  const [user = "", expires = "", signature = ""] = token.split(".");
  const good = Buffer.from(sign(`${user}.${expires}`));
  const given = Buffer.from(signature);
  return given.length === good.length && timingSafeEqual(given, good) ? { user, expires: Number(expires) } : undefined;
}

/** The second way: a token in each message, which the application gets without it. */
function tokenInEachMessage(now: () => number): MessageCheck {
  return ({ text, isBinary }, socket) => {
    const [token, ...rest] = isBinary ? [] : text.split(" ");
    if (token === undefined || rest.length === 0) return { close: 1008, reason: "token missing" };
    const claims = readToken(token);
    if (claims === undefined || claims.user !== socket.context["user"]) return { close: 1008, reason: "token not for you" };
    if (claims.expires <= now()) return { close: 1008, reason: "token expired" };
    return { data: rest.join(" ") };
  };
}

const ann: ServerOptions = {
  handshakeChecks: [
    ({ context }) => {
      context["user"] = "ann";
      return undefined;
    },
  ],
  messageChecks: [tokenInEachMessage(() => 1000)],
};

const bad: readonly (readonly [rule: string, message: string | Uint8Array, reason: string])[] = [
  ["missing", "hello", "token missing"],
  ["missing, in a binary message", Buffer.from("hello"), "token missing"],
  ["foreign", `${tokenFor("bob", 2000)} hello`, "token not for you"],
  ["forged", `ann.2000.${sign("bob.2000")} hello`, "token not for you"],
  ["with a longer life written into it", `ann.9999.${sign("ann.2000")} hello`, "token not for you"],
  ["expired", `${tokenFor("ann", 1000)} hello`, "token expired"],
];

for (const [rule, message, reason] of bad) {
  test(`O: a token in each message: ${rule}: 1008 with the reason, and nothing reaches the application (RFC 6455 §7.4.1)`, async (t) => {
    const { client, socket } = await openPair(t, ann);
    const seen: string[] = [];
    socket.on("message", (data) => seen.push(textOf(data)));
    const end = closed(client);
    client.send(`${tokenFor("ann", 2000)} good`);
    client.send(message);
    client.send(`${tokenFor("ann", 2000)} too late`);
    assert.deepEqual(await end, [1008, reason]);
    assert.deepEqual(seen, ["good"]);
  });
}

test("O: good tokens are taken away, and a slow check of them keeps the order", async (t) => {
  const slowly: MessageCheck = async ({ text }) => {
    await new Promise((resolve) => setTimeout(resolve, text.length % 7));
    return undefined;
  };
  const { client, socket } = await openPair(t, { ...ann, messageChecks: [slowly, ...(ann.messageChecks ?? [])] });
  const received = messages(socket, 20);
  const texts = Array.from({ length: 20 }, (_, at) => `message ${"x".repeat(at)} ${at}`);
  for (const text of texts) client.send(`${tokenFor("ann", 2000)} ${text}`);
  assert.deepEqual(await received, texts);
});

test("O: a client's last message before it closes is still checked and delivered, however slow the check", async (t) => {
  const slowly: MessageCheck = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return undefined;
  };
  const { client, socket } = await openPair(t, { messageChecks: [slowly] });
  const log: string[] = [];
  socket.on("message", (data) => log.push(textOf(data))).on("close", (code) => log.push(`closed ${code}`));
  client.send("one");
  client.send("two");
  client.close(1000);
  await once(socket, "close");
  assert.deepEqual(log, ["one", "two", "closed 1000"]);
});

test("R14: an origin outside the allow-list is answered 403 before any upgrade, and the client sees the status", async (t) => {
  const { url } = await listen(t, { origins: ["https://chat.example"] });
  const client = new WebSocket(url, { origin: "https://chat.example.evil.example" });
  client.on("error", () => undefined);
  const [, response] = (await once(client, "unexpected-response")) as [unknown, { statusCode: number }];
  assert.equal(response.statusCode, 403);
});
