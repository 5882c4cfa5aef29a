import type { Socket } from "node:net";

/** What a client that knows beforehand begins with: the connection preface (RFC 9113 §3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
/** Who has said nothing by then gets HTTP/1.1, whose time limits count from there. */
const SILENT_MS = 2000;

/** Which HTTP a connection begins with; undefined when more bytes are needed to tell. */
export function spokenIn(bytes: Buffer): "http1" | "http2" | undefined {
  const length = Math.min(bytes.length, PREFACE.length);
  if (PREFACE.compare(bytes, 0, length, 0, length) !== 0) return "http1";
  return length === PREFACE.length ? "http2" : undefined;
}

/** Waits for a connection's first bytes, leaves them unread, and says which HTTP they are. Not called when the connection ends before. */
export function listenForPreface(socket: Socket, tell: (spoken: "http1" | "http2") => void): void {
  // Kept aside until it is clear: bytes put back at once would be announced anew, for ever.
  let seen = Buffer.alloc(0);
  const decide = (spoken: "http1" | "http2"): void => {
    clearTimeout(timer);
    socket.off("readable", look).off("end", drop).off("error", drop).off("close", forget);
    if (seen.length > 0) socket.unshift(seen);
    tell(spoken);
  };
  const look = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    seen = Buffer.concat([seen, bytes]);
    const spoken = spokenIn(seen);
    if (spoken !== undefined) decide(spoken);
  };
  const forget = (): void => clearTimeout(timer);
  const timer = setTimeout(() => decide("http1"), SILENT_MS).unref();
  socket.on("end", drop).on("error", drop).on("close", forget).on("readable", look);
}

function drop(this: Socket): void {
  this.destroy();
}
