// The tester's half of the opening handshake, in both roles, as raw text (RFC 6455 §4).
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { patience } from "./patience.ts";

/** The head of a request or an answer. Field names are in lower case; repeats are joined with ", ". */
export interface Head {
  readonly line: string;
  readonly fields: ReadonlyMap<string, string>;
  /** What came after the head in the same read. */
  readonly rest: Buffer;
}

export const acceptFor = (key: string): string => createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** Reads one head; undefined when the connection ends before, or nothing comes in time. */
export function readHead(socket: Socket, timeoutMs: number): Promise<Head | undefined> {
  return new Promise((resolve) => {
    let data = Buffer.alloc(0);
    const { over, end: giveUp } = patience(timeoutMs);
    void over.then(() => finish(undefined));
    const gone = (): void => finish(undefined);
    const read = (chunk: Buffer): void => {
      data = Buffer.concat([data, chunk]);
      const end = data.indexOf("\r\n\r\n");
      if (end >= 0) finish(parseHead(data.subarray(0, end).toString("latin1"), data.subarray(end + 4)));
    };
    function finish(head: Head | undefined): void {
      giveUp();
      socket.off("data", read).off("end", gone).off("close", gone).off("error", gone);
      socket.pause();
      resolve(head);
    }
    socket.on("data", read).once("end", gone).once("close", gone).once("error", gone);
    socket.resume();
  });
}

function parseHead(head: string, rest: Buffer): Head {
  const [line = "", ...rows] = head.split("\r\n");
  const fields = new Map<string, string>();
  for (const row of rows) {
    const at = row.indexOf(":");
    const name = row.slice(0, at).toLowerCase();
    const value = row.slice(at + 1).trim();
    fields.set(name, fields.has(name) ? `${fields.get(name)}, ${value}` : value);
  }
  return { line, fields, rest };
}

export type FieldChanges = Readonly<Record<string, string | undefined>>;

function withChanges(fields: Record<string, string>, changes: FieldChanges): string[] {
  const all: FieldChanges = { ...fields, ...changes };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
}

/** A good opening request with changes. */
export function requestText(
  path: string,
  port: number,
  changes: FieldChanges,
  line = "GET PATH HTTP/1.1",
  extra: readonly string[] = [],
): string {
  const fields = {
    Host: `127.0.0.1:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    "Sec-WebSocket-Version": "13",
  };
  return [line.replace("PATH", path), ...withChanges(fields, changes), ...extra, "", ""].join("\r\n");
}

/** A good answer with changes; `ACCEPT` in a value stands for the right accept value. */
export function answerText(request: Head, changes: FieldChanges, line = "HTTP/1.1 101 Switching Protocols"): string {
  const accept = acceptFor(request.fields.get("sec-websocket-key") ?? "");
  const fields = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": "ACCEPT" };
  return [line, ...withChanges(fields, changes), "", ""].join("\r\n").replaceAll("ACCEPT", accept);
}

export function connectTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Half open: the tester itself decides when its own FIN goes.
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.once("connect", () => resolve(socket)).once("error", reject);
    socket.on("error", () => {});
  });
}

/** Listens for one connection. */
export async function listenOnce(): Promise<{ port: number; connection: Promise<Socket>; close: () => void }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const connection = new Promise<Socket>((resolve) => {
    server.once("connection", (socket) => {
      socket.on("error", () => {});
      resolve(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, connection, close: () => server.close() };
}
