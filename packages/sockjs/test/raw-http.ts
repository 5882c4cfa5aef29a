import { connect, type Socket } from "node:net";

/** A response's head as it came, names in lower case. */
export interface RawHead {
  readonly version: string;
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** What a request is made of. */
export interface RawRequest {
  readonly method?: string;
  readonly version?: "1.0" | "1.1";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response that was read whole. */
export interface Answer extends RawHead {
  readonly body: string;
}

/** An HTTP connection that shows bytes and chunks as they come: one chunk is one frame, and no library may merge them. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake();
    });
    const over = (): void => {
      this.#isOver = true;
      this.#wake();
    };
    this.#socket.on("error", over).on("close", over).on("end", over);
  }

  send(data: string): void {
    this.#socket.write(data);
  }

  /** Sends a request and reads the head of its response. */
  async request(path: string, { method = "GET", version = "1.1", headers = {}, body }: RawRequest = {}): Promise<RawHead> {
    const fields = { Host: "localhost", ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }), ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    this.send(`${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n${body ?? ""}`);
    return await this.head();
  }

  async head(): Promise<RawHead> {
    const text = await this.#until(() => {
      const end = this.#received.indexOf("\r\n\r\n");
      return end === -1 ? undefined : end + 4;
    });
    const [first = "", ...lines] = text.toString("latin1").trimEnd().split("\r\n");
    const [, version = "", status = ""] = /^HTTP\/(\S+) (\d+)/.exec(first) ?? [];
    const fields = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
    return { version, status: Number(status), fields };
  }

  /** Exactly so many bytes. */
  async bytes(count: number): Promise<Buffer> {
    return await this.#until(() => (this.#received.length >= count ? count : undefined));
  }

  /** The next chunk of a chunked body; empty at its end. */
  async chunk(): Promise<string> {
    const line = await this.#until(() => {
      const end = this.#received.indexOf("\r\n");
      return end === -1 ? undefined : end + 2;
    });
    const size = Number.parseInt(line.toString("latin1"), 16);
    const data = await this.bytes(size + 2);
    return data.subarray(0, size).toString();
  }

  /** Whether the server has ended the connection and nothing is left to read. */
  async closed(): Promise<boolean> {
    while (!this.#isOver && this.#received.length === 0) await this.#change();
    return this.#received.length === 0;
  }

  /** Reads a whole response. */
  async answer(path: string, request: RawRequest = {}): Promise<Answer> {
    const head = await this.request(path, request);
    const length = head.fields.get("content-length");
    if (length !== undefined) return { ...head, body: (await this.bytes(Number(length))).toString() };
    if (head.status === 204 || head.status === 304) return { ...head, body: "" };
    let body = "";
    for (let chunk = await this.chunk(); chunk !== ""; chunk = await this.chunk()) body += chunk;
    return { ...head, body };
  }

  /** Reads nothing more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Ends with a reset instead of a farewell. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  async #until(length: () => number | undefined): Promise<Buffer> {
    for (;;) {
      const found = length();
      if (found !== undefined) {
        const data = this.#received.subarray(0, found);
        this.#received = this.#received.subarray(found);
        return data;
      }
      if (this.#isOver) throw new Error(`the connection ended after ${JSON.stringify(this.#received.toString("latin1"))}`);
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
