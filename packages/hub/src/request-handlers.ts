import { Timer } from "./clock.ts";
import type { Settings } from "./settings.ts";

/** Who asks, as a handler sees it. */
export interface RequestSource {
  /** The session's public id. */
  readonly session: string;
  readonly user: string | undefined;
  /** The authenticated user. */
  readonly subject: string | undefined;
}

/** Answers requests of one name with any JSON value. Throw a {@link RequestRefusal} to refuse one with a text for the client. */
export type RequestHandler = (data: unknown, source: RequestSource) => unknown;

/** What a handler throws to refuse: the client gets `request-failed` with this message. Anything else that is thrown stays in the log. */
export class RequestRefusal extends Error {
  override readonly name = "RequestRefusal";
}

/** How a request ended. */
export type RequestOutcome =
  | { readonly outcome: "answered"; readonly data: unknown }
  | { readonly outcome: "no-handler" | "request-failed" | "request-timeout"; readonly message: string };

interface Entry {
  readonly handler: RequestHandler;
  readonly timeoutMs: number;
}

/** The application's handlers by name. */
export class RequestHandlers {
  readonly #settings: Settings;
  readonly #entries = new Map<string, Entry>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @throws TypeError when the name has a handler. */
  add(name: string, handler: RequestHandler, timeoutMs: number): () => void {
    if (this.#entries.has(name)) throw new TypeError(`requests of the name ${JSON.stringify(name)} have a handler already`);
    const entry = { handler, timeoutMs };
    this.#entries.set(name, entry);
    return () => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    };
  }

  /** @throws what the handler threw, unless it is a {@link RequestRefusal}. */
  async answer(name: string, data: unknown, source: RequestSource): Promise<RequestOutcome> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return { outcome: "no-handler", message: `nobody answers requests of the name ${JSON.stringify(name)}` };
    const { timeoutMs } = entry;
    const message = `${JSON.stringify(name)} was not answered within ${timeoutMs} ms`;
    return await new Promise((resolve, reject) => {
      const timer = new Timer(this.#settings.clock, () => resolve({ outcome: "request-timeout", message }));
      timer.set(timeoutMs);
      this.#handle(entry, data, source)
        .then(resolve, reject)
        .finally(() => timer.clear());
    });
  }

  async #handle({ handler }: Entry, data: unknown, source: RequestSource): Promise<RequestOutcome> {
    try {
      return { outcome: "answered", data: await handler(data, source) };
    } catch (error) {
      if (error instanceof RequestRefusal) return { outcome: "request-failed", message: error.message };
      throw error;
    }
  }
}
