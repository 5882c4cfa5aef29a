import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "@openline/ws";

const read = (name: string): Buffer => readFileSync(new URL(`../../packages/ws/test/fixtures/${name}`, import.meta.url));

/** Public, for tests only: it protects nothing. */
export const certificate: { readonly cert: Buffer; readonly key: Buffer } = {
  cert: read("test-only-certificate.pem"),
  key: read("test-only-key.pem"),
};

/** What the server does with a socket, by path. */
export const handlers: Readonly<Record<string, (socket: WebSocket, request: IncomingMessage, query: URLSearchParams) => void>> = {
  "/echo": (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  "/subprotocol": (socket) => socket.send(socket.protocol),
  "/request": (socket, { url, headers }) =>
    socket.send(JSON.stringify({ url, origin: headers.origin, authorization: headers.authorization })),
  "/asks-who": (socket, { headers }) => socket.send(JSON.stringify({ authorization: headers.authorization })),
  "/close": (socket, _request, query) => closeAs(socket, query),
  "/burst": (socket, _request, query) => {
    for (let at = 0; at < Number(query.get("count")); at++) socket.send(String(at));
    closeAs(socket, query);
  },
  "/binary": (socket) => socket.send(Buffer.from([0, 1, 254, 255])),
  // Over HTTP/2 a reset at once would overtake the answer.
  "/drop": (socket) => void setTimeout(() => socket.terminate(), 50),
  // The client's close frame is read, and answered, a little later.
  "/slow-close": (socket) => {
    socket.pause();
    setTimeout(() => socket.resume(), 1_000);
  },
  "/reads-later": (socket) => {
    socket.pause();
    setTimeout(() => socket.resume(), 500);
  },
  // How much of 32 MiB has left is told when something comes in.
  "/floods": (socket) => {
    const block = randomBytes(1 << 18);
    let left = 128;
    const next = (): void => {
      if (left-- > 0) socket.send(block, { compress: false }, next);
    };
    next();
    socket.on("message", () => socket.close(4000, String(128 - left)));
  },
  "/fragments": (socket) => {
    for (const [text, fin] of [
      ["frag", false],
      ["men", false],
      ["ts", true],
    ] as const) {
      socket.send(text, { fin });
      socket.ping("between");
    }
  },
  "/never-reads": (socket) => socket.pause(),
  "/reserved-bit": (socket) => socket._socket?.write(Buffer.from([0xf1, 0])),
  "/not-utf8": (socket) => socket._socket?.write(Buffer.from([0x81, 1, 0xff])),
  "/masked": (socket) => socket._socket?.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61])),
};

/** How the server answers the handshake where no right client goes on; `undefined` waits for ever. */
const refusals: Readonly<Record<string, (key: string) => string | undefined>> = {
  "/refuse": () => "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  // A browser asks without credentials first.
  "/asks-who": () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cases"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  "/redirect": () => "HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  "/never": () => undefined,
  "/no-subprotocol": (key) => switching([`Sec-WebSocket-Accept: ${acceptFor(key)}`]),
  "/other-subprotocol": (key) => switching([`Sec-WebSocket-Accept: ${acceptFor(key)}`, "Sec-WebSocket-Protocol: other"]),
  "/two-subprotocols": (key) =>
    switching([`Sec-WebSocket-Accept: ${acceptFor(key)}`, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"]),
  "/other-extension": (key) => switching([`Sec-WebSocket-Accept: ${acceptFor(key)}`, "Sec-WebSocket-Extensions: x-other"]),
  // The answer in three pieces, the first messages right behind it.
  "/in-pieces": () => undefined,
  "/wrong-accept": () => switching(["Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="]),
  "/no-accept": () => switching([]),
};

/** The server that the cases speak to, with pages for a browser on it. */
export interface TestServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the server on a free port of `localhost`; `pages` by path. */
export async function startServer(isSecure: boolean, pages: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const page = pages[(request.url ?? "").split("?", 1)[0] ?? ""];
    response.writeHead(page === undefined ? 404 : 200, { "content-type": request.url?.includes(".js") ? "text/javascript" : "text/html" });
    response.end(page);
  };
  const http = isSecure ? createHttps(certificate, answer) : createHttp(answer);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: 0 });
  const streams = new Set<Duplex>();
  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    streams.add(stream.on("error", () => stream.destroy()).on("close", () => streams.delete(stream)));
    upgrade(sockets, request, stream, head);
  });
  await listening(http);
  return {
    port: (http.address() as AddressInfo).port,
    async stop() {
      for (const stream of streams) stream.destroy();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function upgrade(sockets: WebSocketServer, request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const refuse = refusals[pathname];
  const mayPass = pathname === "/asks-who" && request.headers.authorization !== undefined;
  if (refuse !== undefined && !mayPass) {
    const key = request.headers["sec-websocket-key"] ?? "";
    if (pathname === "/in-pieces") return answerInPieces(stream, key);
    const answer = refuse(key);
    if (answer !== undefined) stream.write(answer);
    if (answer !== undefined && !answer.startsWith("HTTP/1.1 101")) stream.end();
    return;
  }
  sockets.handleUpgrade(request, stream, head, (socket) => {
    socket.on("error", () => undefined);
    handlers[pathname]?.(socket, request, searchParams);
  });
}

function answerInPieces(stream: Duplex, key: string): void {
  const answer = switching([`Sec-WebSocket-Accept: ${acceptFor(key)}`]);
  // The client's close frame.
  stream.on("data", () => stream.end());
  const pieces = [answer.slice(0, 30), answer.slice(30, 31), `${answer.slice(31)}\x81\x01a\x81\x01`, "b\x88\x02\x03\xe8"];
  for (const [index, piece] of pieces.entries()) setTimeout(() => stream.write(piece, "latin1"), index * 20);
}

function closeAs(socket: WebSocket, query: URLSearchParams): void {
  const code = query.get("code");
  socket.close(code === null ? undefined : Number(code), query.get("reason") ?? undefined);
}

function switching(lines: readonly string[]): string {
  return ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", ...lines, "", ""].join("\r\n");
}

function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

async function listening(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}
