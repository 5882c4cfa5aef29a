import {
  Agent,
  createServer,
  type Server as HttpServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { PrivateSocket } from "@openline/brokers/workers";
import type { Visitor } from "../gate.ts";

/** Who knows in which process a session lives. */
export interface SessionRegister {
  /** The socket of its process; undefined when no process has it. One that `opens` becomes ours, `path`, unless it is somebody's already. */
  sessionHome(id: string, path: string, opens: boolean): Promise<string | undefined>;
  /** A session of ours is over. */
  sessionOver(id: string): void;
}

const visitorField = "x-openline-visitor";

/**
 * Brings requests of one session to the process that has it: several processes behind one port get them as the system likes. What comes from a sibling comes on a
 * socket that only this user may enter, so its word about the visitor is believed.
 */
export class SessionRouter {
  readonly #register: SessionRegister;
  readonly #visitors = new WeakMap<IncomingMessage, Visitor>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: HttpServer;
  readonly #streams = new Set<Socket>();
  #socket: PrivateSocket | undefined;

  /** `handle` gets what siblings forward. */
  constructor(register: SessionRegister, handle: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#register = register;
    this.#server = createServer((request, response) => {
      const visitor: Visitor = JSON.parse(String(request.headers[visitorField] ?? "{}"));
      Reflect.deleteProperty(request.headers, visitorField);
      this.#visitors.set(request, visitor);
      handle(request, response);
    });
  }

  /** @throws the system's error */
  async open(): Promise<void> {
    this.#socket = await PrivateSocket.open((stream) => {
      this.#streams.add(stream);
      stream.once("close", () => this.#streams.delete(stream));
      this.#server.emit("connection", stream);
    });
  }

  /** Ends all that was forwarded. */
  close(): void {
    this.#socket?.close();
    // An http server knows the connections of its own listening alone.
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }

  /** Where a request of a sibling came from first; undefined for one that came here itself. */
  visitorOf(request: IncomingMessage): Visitor | undefined {
    return this.#visitors.get(request);
  }

  /** The socket of the process to which the session's requests belong; undefined when that is this one. */
  async elsewhere(id: string, opens: boolean): Promise<string | undefined> {
    const own = this.#socket?.path;
    if (own === undefined) return undefined;
    const home = await this.#register.sessionHome(id, own, opens);
    return home === own ? undefined : home;
  }

  over(id: string): void {
    this.#register.sessionOver(id);
  }

  /** Hands a request on, and its answer back as it comes. A sibling that is gone breaks it off, as the session's end does. */
  forward(request: IncomingMessage, response: ServerResponse, path: string, visitor: Visitor): void {
    const { method, url, headers } = request;
    const onward = httpRequest({
      agent: this.#agent,
      socketPath: path,
      method,
      path: url,
      headers: { ...headers, [visitorField]: asciiJson(visitor) },
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
      answer.on("error", () => response.destroy());
      answer.pipe(response);
      response.flushHeaders();
    });
    onward.on("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }
}

/** The fields that are for the client, not for this hop (RFC 9110 §7.6.1). */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _connection, "keep-alive": _keepAlive, "transfer-encoding": _encoding, ...rest } = headers;
  return rest;
}

/** A field's value is ASCII. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
