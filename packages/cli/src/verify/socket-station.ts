import type { Station, Witness } from "@openline/hub/testing";
import { WebSocket } from "@openline/ws";

/** How a station connects. */
export interface SocketOptions {
  /** Tried in turn, beginning with this station's own: who comes back may come to another node. */
  readonly urls: readonly string[];
  readonly first: number;
  readonly apiKey: string | undefined;
}

/** Every how many attempts a station goes to the next address. */
const movesEvery = 4;

/** A witness behind a real WebSocket. */
export class SocketStation implements Station {
  readonly witness: Witness;
  /** Why the last attempt failed. */
  fault: string | undefined;
  readonly #options: SocketOptions;
  #socket: WebSocket | undefined;
  #attempts = 0;

  constructor(witness: Witness, options: SocketOptions) {
    this.witness = witness;
    this.#options = options;
  }

  dial(): void {
    if (this.#socket !== undefined) return;
    const { urls, first, apiKey } = this.#options;
    const url = urls[(first + Math.floor(this.#attempts++ / movesEvery)) % urls.length] ?? "";
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const socket = new WebSocket(url, "openline.v1", { headers, handshakeTimeout: 5_000, maxPayload: 32 * 1024 * 1024 });
    this.#socket = socket;
    socket.on("open", () => {
      this.fault = undefined;
      this.witness.opened({ send: (text) => void socket.send(text, () => {}) });
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket && typeof data === "string") this.witness.receive(data);
    });
    socket.on("error", (error) => {
      this.fault = `${url}: ${error.message}`;
    });
    socket.on("close", (code, reason) => {
      if (code !== 1006) this.fault = `${url} closed the connection with ${code} ${String(reason)}`.trimEnd();
      this.#gone(socket);
    });
  }

  cut(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#gone(socket);
    socket.terminate();
  }

  stall(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  flow(): void {
    this.#socket?.resume();
  }

  #gone(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.witness.lost();
  }
}
