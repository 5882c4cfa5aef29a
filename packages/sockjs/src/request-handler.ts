import { randomInt } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { admitted } from "./admission.ts";
import { answer, answerPreflight, answerText, cachedForAYear, corsFields, type Fields, notCached } from "./answer.ts";
import { callbackName } from "./callback-name.ts";
import { sourceOf } from "./connection-source.ts";
import { jsessionidFields } from "./cookie.ts";
import { closeFrame } from "./frames.ts";
import { HttpReceiver } from "./http-receiver.ts";
import type { SockjsSettings } from "./options.ts";
import { iframePage, type StaticPage } from "./pages.ts";
import { parseBody } from "./payload.ts";
import { readBody } from "./request-body.ts";
import { type Route, routeOf, targetOf } from "./route.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

type Receive = Extract<Route, { kind: "receive" }>;
type Send = Extract<Route, { kind: "send" }>;

/** Answers everything that comes as an ordinary request. */
export class RequestHandler {
  readonly #settings: SockjsSettings;
  readonly #sessions: Sessions;
  readonly #iframe: StaticPage | undefined;

  constructor(settings: SockjsSettings, sessions: Sessions) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#iframe = settings.sockjs_url === false ? undefined : iframePage(settings.sockjs_url);
  }

  /** Answers one request, now or later. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      response.destroy();
      this.#settings.on_error(error, undefined);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that resets while it is answered is no fault.
    response.on("error", () => response.destroy());
    const { path } = targetOf(request.url);
    const route = routeOf(path, this.#settings.prefix);
    const { websocket } = this.#settings;
    if (route === undefined || (!websocket && route.kind.endsWith("websocket"))) return notFound(response);
    const { method = "" } = request;
    if (!route.methods.includes(method)) return answer(response, 405, "", { Allow: route.methods.join(", ") });
    const cookie = "session" in route ? jsessionidFields(this.#settings.jsessionid, request, response) : {};
    if (method === "OPTIONS") return this.#preflight(request, response, route.methods, cookie);
    if (route.kind === "receive") return await this.#receive(request, response, route, cookie);
    if (route.kind === "goodbye") return this.#goodbye(request, response, route.session, cookie);
    if (route.kind === "send") return await this.#send(request, response, route, cookie);
    return this.#static(request, response, route.kind);
  }

  /** What lets pages of other origins read an answer. */
  #cors(request: IncomingMessage): Fields {
    return this.#settings.disable_cors ? {} : corsFields(request);
  }

  #preflight(request: IncomingMessage, response: ServerResponse, methods: readonly string[], cookie: Fields): void {
    if (this.#settings.disable_cors) answer(response, 204, "", { Allow: methods.join(", "), ...cookie });
    else answerPreflight(request, response, methods, cookie);
  }

  #static(request: IncomingMessage, response: ServerResponse, kind: Exclude<Route["kind"], "receive" | "send" | "goodbye">): void {
    if (kind === "greeting") return answerText(response, 200, "Welcome to SockJS!\n");
    if (kind === "info") return this.#info(request, response);
    if (kind === "iframe") return this.#page(request, response);
    answerText(response, 400, "Not a valid websocket request\n");
  }

  #info(request: IncomingMessage, response: ServerResponse): void {
    const { websocket, jsessionid, base_url, heartbeat_delay } = this.#settings;
    const info = {
      websocket,
      origins: ["*:*"],
      cookie_needed: jsessionid !== false,
      entropy: randomInt(2 ** 32),
      ...(base_url !== undefined && { base_url }),
      ...(heartbeat_delay > 0 && { server_heartbeat_interval: heartbeat_delay }),
    };
    answer(response, 200, JSON.stringify(info), {
      "Content-Type": "application/json; charset=UTF-8",
      ...notCached,
      ...this.#cors(request),
    });
  }

  #page({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.#iframe === undefined) return notFound(response);
    const { body, etag } = this.#iframe;
    const fields = { ...cachedForAYear(Date.now()), ETag: etag };
    if (headers["if-none-match"] === etag) answer(response, 304, "", fields);
    else answer(response, 200, body, { "Content-Type": "text/html; charset=UTF-8", ...fields });
  }

  async #receive(request: IncomingMessage, response: ServerResponse, { session: id, transport }: Receive, cookie: Fields): Promise<void> {
    const query = new URLSearchParams(targetOf(request.url).search);
    const callback = transport.callback ? callbackName(query) : { ok: true as const, name: "" };
    if (!callback.ok) return answerText(response, 500, callback.fault, notCached);
    // The body is of no matter.
    request.resume();
    const fields = { ...notCached, ...(transport.cors && this.#cors(request)), ...cookie };
    const { response_limit: limitBytes, clock } = this.#settings;
    const receiver = (): HttpReceiver => new HttpReceiver(response, { transport, callback: callback.name, fields, limitBytes, clock });
    const known = this.#sessions.find(id);
    if (known !== undefined) return join(known, receiver());
    if (this.#sessions.isFull) return full(response, fields);
    if (!this.#sessions.reserve(id)) return refuseSecond(receiver());
    try {
      const admission = await admitted(this.#settings.admit, request, transport.protocol);
      if (response.destroyed) return admission.ok ? admission.release?.() : undefined;
      if (!admission.ok) return answerText(response, admission.status, admission.body ?? "", { ...fields, ...admission.headers });
      const source = sourceOf(request, transport.protocol, this.#settings.prefix, admission.context);
      join(this.#sessions.create(source, { id, release: admission.release }), receiver());
    } finally {
      this.#sessions.release(id);
    }
  }

  /** Our own addition: over HTTP a client of SockJS can only fall silent, and the application would wait for it. */
  #goodbye(request: IncomingMessage, response: ServerResponse, id: string, cookie: Fields): void {
    request.resume();
    const session = this.#sessions.find(id);
    const fields = { ...notCached, ...this.#cors(request), ...cookie };
    if (session === undefined) return notFound(response, fields);
    answer(response, 204, "", fields);
    session.destroy({ code: 1000, reason: "Closed by the client" });
  }

  async #send(request: IncomingMessage, response: ServerResponse, { session: id, transport }: Send, cookie: Fields): Promise<void> {
    const fields = { ...notCached, ...(transport.cors && this.#cors(request)), ...cookie };
    const body = await readBody(request, this.#settings.max_body_bytes);
    if (body === undefined) return;
    if (!body.ok && body.status === 413) {
      const most = `The body may have ${this.#settings.max_body_bytes} bytes at most.`;
      return answerText(response, 413, most, { ...fields, Connection: "close" });
    }
    const payload = body.ok
      ? parseBody(transport.json(body.text, request.headers["content-type"] ?? ""))
      : ({ ok: false, fault: "Broken JSON encoding." } as const);
    if (!payload.ok) return answerText(response, 500, payload.fault, fields);
    const session = this.#sessions.find(id);
    if (session === undefined) return notFound(response, fields);
    // Answered first: a listener of the application that throws has not lost the client's messages.
    answerText(response, transport.status, transport.body, fields);
    session.receive(payload.messages);
  }
}

function join(session: Session, receiver: HttpReceiver): void {
  receiver.watch({ onReady: () => session.ready(receiver), onLost: () => session.lost(receiver) });
  if (!session.attach(receiver)) refuseSecond(receiver);
}

function refuseSecond(receiver: HttpReceiver): void {
  if (receiver.send(closeFrame(2010, "Another connection still open"))) receiver.end();
}

function full(response: ServerResponse, fields: Fields): void {
  answerText(response, 503, "Too many sessions are open.", { ...fields, "Retry-After": "5" });
}

function notFound(response: ServerResponse, fields: Fields = {}): void {
  answerText(response, 404, "404 Error: Page not found\n", fields);
}
