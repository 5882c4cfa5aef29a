import { once } from "node:events";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type VerifyAnswer, WebSocketServer } from "@openline/ws";
import { certificate, handlers, type TestServer } from "./test-server.ts";

/** What is answered instead of 200, by path; `undefined` for never. */
const refusals: Readonly<Record<string, ((answer: VerifyAnswer) => void) | undefined>> = {
  "/refuse": (answer) => answer(false, 403),
  "/redirect": (answer) => answer(false, 302, "", { Location: "/echo" }),
  "/asks-who": (answer) => answer(false, 401, "", { "WWW-Authenticate": 'Basic realm="cases"' }),
  "/never": () => undefined,
};

/** Fields that the answer gets, by path: those that no right server sends. */
const wrongFields: Readonly<Record<string, string>> = {
  "/other-subprotocol": "Sec-WebSocket-Protocol: other",
  "/other-extension": "Sec-WebSocket-Extensions: x-other",
};

const pathOf = (url: string | undefined): string => new URL(url ?? "/", "http://localhost").pathname;

/** The test server over HTTP/2 (RFC 8441), HTTP/1.1 beside it. */
export async function startHttp2Server(pages: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const http = createSecureServer({ ...certificate, allowHTTP1: true, settings: { enableConnectProtocol: true } }, (request, response) => {
    const page = pages[pathOf(request.url)];
    response.writeHead(page === undefined ? 404 : 200, { "content-type": request.url.includes(".js") ? "text/javascript" : "text/html" });
    response.end(page ?? "");
  });
  const sockets = new WebSocketServer({
    server: http,
    perMessageDeflate: true,
    maxPayload: 0,
    handleProtocols: (offered, { url }) => pathOf(url) !== "/no-subprotocol" && (offered.values().next().value ?? false),
    verifyClient({ req }, answer) {
      const path = pathOf(req.url);
      const refuse = path === "/asks-who" && req.headers.authorization !== undefined ? undefined : refusals[path];
      if (refuse === undefined) answer(true);
      else refuse(answer);
    },
  });
  sockets.on("headers", (lines, { url }) => {
    const field = wrongFields[pathOf(url)];
    if (field !== undefined) lines.push(field);
  });
  sockets.on("connection", (socket, request) => {
    socket.on("error", () => undefined);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    handlers[pathname]?.(socket, request, searchParams);
  });
  const sessions = new Set<{ destroy(): void }>();
  http.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session)).on("error", () => undefined);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    port: (http.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
