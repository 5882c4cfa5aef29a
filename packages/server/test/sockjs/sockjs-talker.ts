import { randomUUID } from "node:crypto";

type Message = { readonly type: string; readonly [key: string]: unknown };

/** How a session ended, by its close frame; 0 when it was refused or cut. */
export interface SessionEnd {
  readonly code: number;
  readonly reason: string;
}

/** A client of the hub that knows xhr_streaming, or polling, and nothing else: another make than the SDK's. */
export class SockjsTalker {
  readonly url: string;
  readonly ended: Promise<SessionEnd>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #heard: Message[] = [];
  readonly #abort = new AbortController();
  #end: (end: SessionEnd) => void = () => undefined;
  #wake: () => void = () => undefined;
  #isOver = false;
  #isOpen = false;

  constructor(base: string, headers: Readonly<Record<string, string>> = {}, transport: "xhr_streaming" | "xhr" = "xhr_streaming") {
    this.url = `${base}/000/${randomUUID()}`;
    this.#headers = headers;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    void this.#receive(transport).catch(() => this.#over({ code: 0, reason: "cut" }));
  }

  /** Sends messages in one request; resolves with its status. */
  async send(...messages: readonly object[]): Promise<number> {
    while (!this.#isOpen && !this.#isOver) await this.#change();
    const body = JSON.stringify(messages.map((message) => JSON.stringify(message)));
    const { status } = await fetch(`${this.url}/xhr_send`, { method: "POST", body, headers: this.#headers });
    return status;
  }

  /** The next message of a type; those before it are dropped. */
  async next(type: string): Promise<Message> {
    for (;;) {
      for (let message = this.#heard.shift(); message !== undefined; message = this.#heard.shift())
        if (message.type === type) return message;
      if (this.#isOver) throw new Error(`the session is over, and no ${type} came`);
      await this.#change();
    }
  }

  async goodbye(): Promise<void> {
    await fetch(`${this.url}/goodbye`, { method: "POST", headers: this.#headers });
  }

  /** Falls silent. */
  cut(): void {
    this.#abort.abort();
  }

  async #receive(transport: string): Promise<void> {
    while (!this.#isOver) {
      const { signal } = this.#abort;
      const response = await fetch(`${this.url}/${transport}`, { method: "POST", headers: this.#headers, signal });
      if (response.status !== 200 || response.body === null)
        return this.#over({ code: 0, reason: `${response.status} ${await response.text()}` });
      let text = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (text + chunk).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#frame(line);
      }
    }
  }

  #frame(frame: string): void {
    if (frame === "o") this.#isOpen = true;
    if (frame.startsWith("a")) this.#heard.push(...JSON.parse(frame.slice(1)).map((text: string) => JSON.parse(text)));
    if (frame.startsWith("c")) {
      const [code, reason] = JSON.parse(frame.slice(1));
      this.#over({ code, reason });
    }
    this.#wake();
  }

  #over(end: SessionEnd): void {
    this.#isOver = true;
    this.#end(end);
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        before();
        resolve();
      };
    });
  }
}
