import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { failure } from "./app.ts";
import type { Logger } from "./log.ts";
import { ProblemError } from "./problems.ts";
import type { HealthSource } from "./routes/health.ts";
import type { SockjsDoor } from "./sockjs/sockjs-door.ts";

/** What {@link OpenRequests} is built from. */
export interface RequestOptions {
  readonly fetch: Parameters<typeof getRequestListener>[0];
  /** Answers what lies below its prefix. */
  readonly sockjs: Pick<SockjsDoor, "isOurs" | "handleRequest"> | undefined;
  readonly health: Pick<HealthSource, "draining">;
  /** Hears of each request when its answer is over. */
  readonly onAnswered: (method: string, status: number) => void;
  readonly log: Logger;
}

/** Answers the requests of a server, and knows those that are under way. */
export class OpenRequests {
  readonly #options: RequestOptions;
  readonly #answer: RequestListener;
  readonly #responses = new Set<ServerResponse>();

  constructor(options: RequestOptions) {
    this.#options = options;
    const { fetch, log } = options;
    // The globals of the program that embeds us stay what they are. What fails before a route is found is the request's own fault.
    const listener = getRequestListener(fetch, {
      overrideGlobalObjects: false,
      errorHandler: (error) => failure(badRequest(error), log, "request"),
    });
    this.#answer = (request, response) => {
      listener(request, response).catch((error: unknown) => {
        log.error({ err: error }, "a response failed");
        response.destroy();
      });
    };
  }

  /** Answers one. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const { sockjs, health } = this.#options;
    this.#keep(request, response);
    if (health.draining) closeAfter(response);
    if (sockjs?.isOurs(request) === true) return sockjs.handleRequest(request, response);
    this.#answer(request, response);
  }

  #keep({ method = "" }: IncomingMessage, response: ServerResponse): void {
    this.#responses.add(response);
    response.once("close", () => {
      this.#responses.delete(response);
      this.#options.onAnswered(method, response.statusCode);
    });
  }

  /** Lets the connections of those under way end with the answer: one that stays open for the next request would hold the server until the deadline. */
  endConnections(): void {
    for (const response of this.#responses) if (!response.headersSent) closeAfter(response);
  }
}

/** HTTP/2 has no such field (RFC 9113 §8.2.2), it says GOAWAY. */
function closeAfter(response: ServerResponse): void {
  if (!("stream" in response)) response.setHeader("connection", "close");
}

function badRequest(error: unknown): unknown {
  return error instanceof RequestError ? new ProblemError("bad-request", error.message) : error;
}
