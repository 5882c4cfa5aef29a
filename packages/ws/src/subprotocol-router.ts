import type { IncomingMessage } from "node:http";
import type { WebSocket } from "./websocket.ts";

/** Takes over a connection on which its subprotocol is spoken. */
export type SubprotocolHandler = (websocket: WebSocket, request: IncomingMessage) => unknown;

/** One handler for each subprotocol behind one URL. */
export interface SubprotocolRoutes {
  /** By the subprotocol's name, case included. */
  readonly handlers: Readonly<Record<string, SubprotocolHandler>>;
  /** For clients that offer none of them: the status of the refusal, or a handler that takes them without a subprotocol. Default 400. */
  readonly otherwise?: number | SubprotocolHandler | undefined;
}

/** Chooses the subprotocol and the handler: the first one offered that has a handler, since clients name the most wanted first (RFC 6455 §4.1). */
export class SubprotocolRouter {
  readonly #handlers: ReadonlyMap<string, SubprotocolHandler>;
  readonly #otherwise: number | SubprotocolHandler;

  /** @throws TypeError without a handler; RangeError for a status that refuses nothing */
  constructor({ handlers, otherwise = 400 }: SubprotocolRoutes) {
    this.#handlers = new Map(Object.entries(handlers));
    this.#otherwise = otherwise;
    if (this.#handlers.size === 0) throw new TypeError("subprotocols: there is no handler");
    if (typeof otherwise === "number" && !(otherwise >= 400 && otherwise <= 599)) {
      throw new RangeError(`subprotocols: the status ${otherwise} refuses nothing, use 400 to 599`);
    }
  }

  /** Undefined when none of those offered has a handler. */
  choose(offered: Iterable<string>): string | undefined {
    for (const name of offered) if (this.#handlers.has(name)) return name;
    return undefined;
  }

  /** The refusal of a client that offers these; undefined when it can be served. */
  refusal(offered: Iterable<string>): { readonly status: number; readonly body: string } | undefined {
    if (typeof this.#otherwise === "function" || this.choose(offered) !== undefined) return undefined;
    return { status: this.#otherwise, body: `One of these subprotocols is needed: ${[...this.#handlers.keys()].join(", ")}` };
  }

  /** Hands the connection to its handler. */
  route(websocket: WebSocket, request: IncomingMessage): unknown {
    const handler = this.#handlers.get(websocket.protocol) ?? this.#otherwise;
    return typeof handler === "function" ? handler(websocket, request) : undefined;
  }
}
