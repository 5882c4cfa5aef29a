import { FakeClock, settle } from "@openline/testkit";
import type { FetchInit, FetchResponse, HttpPlatform } from "../../src/fallback/http-platform.ts";
import { webHttp } from "../../src/fallback/http-platform.ts";

/** One request as a server sees it. */
export class FakeRequest {
  readonly url: string;
  readonly init: FetchInit;
  readonly #answer: (response: FetchResponse) => void;
  readonly #refuse: (error: Error) => void;
  readonly #pieces: Uint8Array[] = [];
  #done = false;
  #wake: () => void = () => undefined;
  #error: Error | undefined;

  constructor(url: string, init: FetchInit, answer: (response: FetchResponse) => void, refuse: (error: Error) => void) {
    this.url = url;
    this.init = init;
    this.#answer = answer;
    this.#refuse = refuse;
    (init.signal as AbortSignal | undefined)?.addEventListener("abort", () => this.break());
  }

  get path(): string {
    return this.url.replace(/\?.*$/, "").replace(/^.*\//, "");
  }

  get isAborted(): boolean {
    return (this.init.signal as AbortSignal | undefined)?.aborted === true;
  }

  /** The head of the response. */
  async begin(status = 200): Promise<void> {
    this.#answer({ status, body: { getReader: () => ({ read: () => this.#read() }) } });
    await settle();
  }

  async write(text: string | Uint8Array): Promise<void> {
    this.#pieces.push(typeof text === "string" ? new TextEncoder().encode(text) : text);
    this.#wake();
    await settle();
  }

  async end(): Promise<void> {
    this.#done = true;
    this.#wake();
    await settle();
  }

  /** A whole response. */
  async respond(status: number, text = ""): Promise<void> {
    await this.begin(status);
    await this.write(text);
    await this.end();
  }

  /** The network fails. */
  break(): void {
    this.#error = new TypeError("fetch failed");
    this.#refuse(this.#error);
    this.#wake();
  }

  async #read(): Promise<{ done: boolean; value?: Uint8Array }> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const value = this.#pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#done) return { done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A platform whose requests are answered by the test. */
export class FakeHttp {
  readonly clock = new FakeClock();
  readonly requests: FakeRequest[] = [];
  #names = 0;

  get platform(): HttpPlatform {
    return {
      ...webHttp,
      clock: this.clock,
      secretName: () => `s${++this.#names}`,
      fetch: (url, init) => new Promise((resolve, reject) => this.requests.push(new FakeRequest(url, init, resolve, reject))),
    };
  }

  /** The newest request. */
  last(path: string): FakeRequest {
    const found = this.requests.findLast((request) => request.path === path);
    if (found === undefined) throw new Error(`there was no ${path}, but ${this.requests.map(({ url }) => url).join(" ")}`);
    return found;
  }

  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }
}
