// What was sent and what came, by kind and size: nothing may come that was not sent, or out of order, and after a clean end nothing may be missing.
import assert from "node:assert/strict";
import type { RawData, WebSocket } from "@openline/ws";

interface Side {
  readonly sent: string[];
  readonly received: string[];
  wasClean: boolean;
}

export class Mail {
  readonly #sides = new Map<string, Side>();
  readonly #names = new Map<WebSocket, string>();
  /** Whether fragments or foreign bytes were sent too: then only the call knows what they became. */
  isMixed = false;

  watch(socket: WebSocket, who: string): void {
    const side: Side = { sent: [], received: [], wasClean: false };
    this.#sides.set(who, side);
    this.#names.set(socket, who);
    socket.on("message", (data, isBinary) => side.received.push(entry(isBinary, sizeOf(data))));
    socket.on("close", () => (side.wasClean = socket.wasClean));
  }

  /** Notes what is about to be sent; answers what takes that back. */
  sends(socket: WebSocket, isBinary: boolean, bytes: number): () => void {
    const sent = this.#sides.get(this.#names.get(socket) ?? "")?.sent;
    if (sent === undefined) return () => undefined;
    const at = sent.push(entry(isBinary, bytes)) - 1;
    return () => sent.splice(at, 1);
  }

  check(): void {
    const client = this.#sides.get("client");
    const server = this.#sides.get("server");
    if (client === undefined || server === undefined || this.isMixed) return;
    const isClean = client.wasClean && server.wasClean;
    for (const [from, to, way] of [
      [client, server, "to the server"],
      [server, client, "to the client"],
    ] as const) {
      const expected = isClean ? from.sent : from.sent.slice(0, to.received.length);
      assert.deepEqual(to.received, expected, `${isClean ? "after a clean end " : ""}other messages came ${way} than were sent`);
    }
  }
}

function entry(isBinary: boolean, bytes: number): string {
  return `${isBinary ? "binary" : "text"} ${bytes}`;
}

function sizeOf(data: RawData): number {
  if (Array.isArray(data)) return data.reduce((sum, { length }) => sum + length, 0);
  return data instanceof Blob ? data.size : data.byteLength;
}
