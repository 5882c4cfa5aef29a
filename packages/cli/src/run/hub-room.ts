import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { createServer, type OpenlineServer, refuse } from "@openline/server";
import type { AccessLog, LogFields } from "./access-log.ts";
import type { OutgoingLine } from "./outgoing-line.ts";
import type { Member, ProgramGroup } from "./program-group.ts";
import type { RunSettings } from "./run-settings.ts";

/** So many lines may be on their way into the hub before the program stands still. */
const mostUnderWay = 256;

/**
 * A program's output as a room of a hub: each line is a message with a position, so that clients of the SDK get what they missed. What clients publish in the
 * room `NAME.in` is the program's input; in `NAME` itself only the program speaks.
 */
export class HubRoom implements Member {
  readonly id = "hub";
  readonly room: string;
  readonly remote = "hub";
  readonly target = "/hub";
  readonly subprotocol = "";
  readonly fields: LogFields;
  readonly #server: OpenlineServer;
  readonly #log: AccessLog;
  readonly #inbox: string;
  #group: ProgramGroup | undefined;
  #underWay = 0;
  /** Input waits while the program takes none; the publishes behind it are not answered before. */
  #held: Promise<void> | undefined;
  #release: () => void = () => {};
  #order: Promise<void> = Promise.resolve();

  constructor(hub: NonNullable<RunSettings["hub"]>, settings: RunSettings, log: AccessLog) {
    const { addresses, maxLineBytes } = settings;
    this.room = hub.room;
    this.fields = { room: hub.room };
    this.#inbox = `${hub.room}.in`;
    this.#log = log;
    this.#server = createServer({
      host: addresses[0]?.replace(/^\[(.*)\]$/, "$1") ?? "localhost",
      // `openline run` has no log-in: who may connect may read.
      anonymous: true,
      logLevel: "silent",
      limits: { messageBytes: Math.min(maxLineBytes * 6 + 1024, 16_777_216) },
      history: { messages: hub.history },
      rooms: { [hub.room]: { keepEmptyMs: 2_147_483_647 }, [this.#inbox]: { history: { messages: 0 } } },
      hooks: {
        beforeJoin: ({ room }) =>
          room === this.room || room === this.#inbox ? undefined : refuse(`the rooms here are ${this.room} and ${this.#inbox}`),
        beforePublish: async ({ room, data }) => {
          if (room === this.room) return refuse(`only the program speaks in ${this.room}: publish in ${this.#inbox}`);
          if (room !== this.#inbox) return refuse(`the room for input is ${this.#inbox}`);
          await this.#input(data);
          return undefined;
        },
      },
    });
  }

  /** Publishes what this program says from now on. */
  follow(group: ProgramGroup): void {
    this.#group = group;
    group.join(this);
  }

  // ---- the hub's own requests

  /** Whether it is for the hub: its WebSocket, and what may be read over HTTP. */
  isFor(request: IncomingMessage): boolean {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (path === "/hub") return true;
    return request.method === "GET" && (path.startsWith("/api/") || path === "/health" || path === "/ready" || path === "/metrics");
  }

  /** Takes a handshake whose page was judged: the hub's own rules know nothing of `--origin`. */
  upgrade(server: HttpServer | HttpsServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    delete request.headers.origin;
    request.headers.host = "localhost";
    request.headersDistinct = { ...request.headersDistinct, host: ["localhost"] };
    this.#server.onUpgrade.call(server, request, socket, head);
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#server.onRequest(request, response);
  }

  /** Tells its clients that the server goes away. */
  async drain(): Promise<void> {
    await this.#server.close({ delayMs: 0 });
  }

  // ---- a member of the program's group

  send(line: OutgoingLine): boolean {
    this.#underWay++;
    const text = line.data.toString();
    this.#order = this.#publish(this.#order, text);
    return this.#underWay < mostUnderWay;
  }

  async #publish(before: Promise<void>, text: string): Promise<void> {
    await before;
    const outcome = await this.#server.hub.publish(this.room, { data: text });
    if (outcome.outcome === "rejected") this.#log.write("error", "hub", `a line was not published: ${outcome.message}`, this.fields);
    if (--this.#underWay === 0) this.#group?.drained(this);
  }

  close(code: number, reason: string): void {
    this.#log.write("info", "hub", `the program will say no more: ${code} ${reason}`, this.fields);
  }

  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }

  async #input(data: unknown): Promise<void> {
    await this.#held;
    this.#group?.received(this, Buffer.from(typeof data === "string" ? data : JSON.stringify(data)), false);
  }
}
