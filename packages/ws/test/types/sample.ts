// Programs as people write them against `@types/ws`, checked against that and against ours (types.rules.test.ts). Nothing of it runs.
import { createServer, IncomingMessage, type IncomingMessage as Request } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import WebSocketDefault, {
  createWebSocketStream,
  type Data,
  type RawData,
  type Server as ServerByName,
  type ServerOptions,
  WebSocket,
  WebSocketServer,
} from "ws";

// The class under both names, and the types under the class.
const socket: WebSocketDefault = new WebSocketDefault("ws://example.org");
const same: WebSocket = socket;
const url = new WebSocket(new URL("ws://example.org"), ["a", "b"], { headers: { "User-Agent": "me" } });
const single = new WebSocket("wss://example.org", "chat", { rejectUnauthorized: false, handshakeTimeout: 5000, followRedirects: true });
const optionsOnly = new WebSocket("ws://example.org", { perMessageDeflate: false, origin: "https://example.org", maxPayload: 1024 });
const shell = new WebSocket(null);
export const sockets: WebSocket[] = [same, url, single, optionsOnly, shell];

// States.
export function isOpen(one: WebSocket): boolean {
  const state: 0 | 1 | 2 | 3 = one.readyState;
  const names = { [WebSocket.CONNECTING]: "connecting", [WebSocketDefault.CLOSED]: "closed" } as Record<number, string>;
  return state === WebSocket.OPEN || names[state] === "open" || socket.CLOSING === 2;
}

// Listeners: their arguments, and what `this` is in them.
socket.on("open", function open() {
  this.send("hello");
});
socket.on("message", (data, isBinary) => {
  const text: string = data.toString();
  const binary: boolean = isBinary;
  sockets.forEach((other) => other.send(data, { binary }));
  return text;
});
socket.on("message", (data: WebSocketDefault.RawData) => console.log(lengthOf(data)));
socket.once("close", (code, reason) => console.log(code.toFixed(), reason.toString("utf8")));
socket.on("error", (error) => console.error(error.message));
socket.on("ping", (data) => socket.pong(data.subarray(1)));
socket.on("pong", function heartbeat() {
  alive.set(this, true);
});
socket.on("upgrade", (response) => console.log(response.headers["set-cookie"]));
socket.on("unexpected-response", (request, response) => console.log(request.path, response.statusCode));
socket.on("redirect", (to, request) => request.removeHeader(to));
socket.on("event of my own", (value) => console.log(value));
socket.addListener("message", console.log).removeListener("message", console.log).off("open", console.log).removeAllListeners();
const alive = new WeakMap<WebSocket, boolean>();

// The DOM's way.
socket.onopen = (event) => console.log(event.type, event.target.readyState);
socket.onmessage = ({ data }: WebSocketDefault.MessageEvent) => console.log(asText(data));
socket.onclose = (event: WebSocketDefault.CloseEvent) => console.log(event.code, event.reason, event.wasClean);
socket.onerror = (event: WebSocketDefault.ErrorEvent) => console.log(event.message, event.error.code);
socket.onerror = null;
const onMessage = (event: WebSocketDefault.MessageEvent): void => console.log(event.data);
socket.addEventListener("message", onMessage, { once: true });
socket.removeEventListener("message", onMessage);
socket.addEventListener("close", { handleEvent: ({ code }) => console.log(code) });

// Payloads are looked at in the usual ways.
export function lengthOf(data: RawData): number {
  if (Array.isArray(data)) return Buffer.concat(data).length;
  if (data instanceof ArrayBuffer) return data.byteLength;
  return data.length;
}
export function asText(data: Data): string {
  if (typeof data === "string") return data;
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString();
  return data.map(String).join("");
}
export const toBuffer = (data: WebSocketDefault.Data): Buffer => Buffer.from(data as Buffer);

// Sending.
socket.binaryType = "arraybuffer";
socket.send("text");
socket.send(new Uint8Array([1]), { binary: true, compress: false, mask: true, fin: false }, (error) => console.log(error?.message));
socket.send(new ArrayBuffer(1), (error?: Error) => console.log(error));
socket.send([1, 2, 3]);
socket.send(5);
socket.send(new DataView(new ArrayBuffer(1)));
socket.send({ valueOf: () => "value" });
socket.ping("data", true, (error: Error) => console.log(error));
socket.ping();
socket.pong(Buffer.alloc(1), false);
socket.close(1000, Buffer.from("reason"));
socket.terminate();
socket.pause();
socket.resume();
export const numbers: number[] = [socket.bufferedAmount];
export const texts: string[] = [socket.protocol, socket.extensions, socket.url];
export const flags: boolean[] = [socket.isPaused];

// Servers.
const server = new WebSocketServer({ port: 8080, host: "localhost", backlog: 5, path: "/path", clientTracking: true }, () => {
  const { port } = server.address() as AddressInfo;
  console.log(port);
});
export const byName: ServerByName = server;
server.on("connection", (websocket, request) => {
  const address: string | undefined = request.socket.remoteAddress;
  websocket.on("message", (message: WebSocket.RawData) => websocket.send(`${address} ${lengthOf(message)}`));
});
server.on("connection", function connection(this: WebSocketServer, websocket: WebSocket, request: Request) {
  console.log(this.clients.has(websocket), request.url);
});
server.on("headers", (headers, request) => headers.push(`X-Url: ${request.url}`));
server.on("wsClientError", (error, transport, request) => transport.end(`${error.message} ${request.url}`));
server.on("error", (error) => console.error(error));
server.once("listening", () => console.log("listening"));
server.on("close", () => console.log("closed"));
server.clients.forEach((client) => {
  if (client.readyState === WebSocket.OPEN) client.send("to all");
});
for (const client of server.clients) client.terminate();
server.close((error) => console.log(error?.message));
server.options.maxPayload = 1024;

const options: ServerOptions = { noServer: true };
options.path = "/late";
options.verifyClient = (info: { origin: string; secure: boolean; req: Request }) =>
  info.origin.startsWith("https:") && info.secure && info.req.method === "GET";
options.verifyClient = (info, callback) => callback(info.secure, 403, "no", { "Retry-After": 1 });
options.handleProtocols = (protocols: Set<string>, request: Request) => (protocols.has("a") && request.url ? "a" : false);
options.perMessageDeflate = { threshold: 1024, zlibDeflateOptions: { level: 3, chunkSize: 1024 }, serverNoContextTakeover: true };
const sync: WebSocketDefault.VerifyClientCallbackSync = ({ req }) => req.headers["x-token"] === "secret";
const async: WebSocketDefault.VerifyClientCallbackAsync = ({ origin }, callback) => callback(origin === "x");
export const verifying: ServerOptions[] = [{ port: 1, verifyClient: sync }, { port: 1, verifyClient: async }, options];

const http = createServer();
const wss = new WebSocketServer({ noServer: true });
http.on("upgrade", (request, transport, head) => {
  wss.handleUpgrade(request, transport, head, (websocket) => {
    wss.emit("connection", websocket, request);
  });
});
http.on("upgrade", (request: Request, transport: Duplex, head: Buffer) => {
  if (wss.shouldHandle(request))
    wss.handleUpgrade(request, transport as Socket, head, (websocket, again) => console.log(websocket.url, again.url));
});
export const servers = [new WebSocketServer({ server: http }), new WebSocketServer({ server: createSecureServer() })];

// Classes of one's own.
class MyRequest extends IncomingMessage {
  user?: string;
}
class MySocket extends WebSocket {
  isAlive = true;

  override close(code?: number, reason?: string): void {
    this.isAlive = false;
    super.close(code, reason);
  }
}
class MyServer extends WebSocketServer<typeof MySocket, typeof MyRequest> {
  override shouldHandle(request: MyRequest): boolean {
    return request.user !== undefined;
  }
}
const mine = new MyServer({ noServer: true, WebSocket: MySocket, verifyClient: ({ req }: { req: MyRequest }) => req.user === "me" });
mine.on("connection", (websocket, request) => console.log(websocket.isAlive, request.user));
mine.clients.forEach((client) => {
  client.isAlive = false;
  client.ping();
});
export const generic: ServerByName<typeof MySocket> = new WebSocketServer<typeof MySocket>({ port: 0, WebSocket: MySocket });
interface Tagged extends WebSocket {
  id: string;
}
wss.on("connection", (websocket: Tagged) => {
  websocket.id = "tagged";
});

// Client options as a value of their type, streams.
const clientOptions: WebSocketDefault.ClientOptions = { protocolVersion: 13, headers: { Cookie: "a=b" } };
clientOptions.finishRequest = (request, websocket) => {
  request.setHeader("X-State", websocket.readyState);
  request.end();
};
clientOptions.checkServerIdentity = () => true;
clientOptions.generateMask = (mask) => mask.fill(0);
export const finish: WebSocketDefault.FinishRequestCallback = clientOptions.finishRequest;
export const deflate: WebSocketDefault.PerMessageDeflateOptions = { concurrencyLimit: 10, clientMaxWindowBits: 10 };
const duplex: Duplex = createWebSocketStream(new WebSocket("ws://example.org", clientOptions), { encoding: "utf8", decodeStrings: false });
duplex.pipe(process.stdout);
createWebSocketStream(socket).end();
