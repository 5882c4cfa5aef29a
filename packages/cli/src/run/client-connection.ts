import type { RawData, WebSocket } from "@openline/ws";
import type { AccessLog, LogFields } from "./access-log.ts";
import type { OutgoingLine } from "./outgoing-line.ts";
import type { Member, ProgramGroup } from "./program-group.ts";
import { RateLimit, type Rates } from "./rate-limit.ts";

/** What is known of a connection when it opens. */
export interface ConnectionFacts {
  readonly id: string;
  readonly room: string;
  readonly remote: string;
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly fields: LogFields;
}

/** How a connection is treated. */
export interface ConnectionRules {
  /** What it may send in a second; more has to wait. */
  readonly rates: Rates;
  /** Programs that take bytes are not told of single messages. */
  readonly log: AccessLog;
}

/** A WebSocket as a {@link ProgramGroup} sees it. */
export class ClientConnection implements Member {
  readonly id: string;
  readonly room: string;
  readonly remote: string;
  readonly target: string;
  readonly subprotocol: string;
  readonly fields: LogFields;
  readonly #socket: WebSocket;
  readonly #limit: RateLimit;
  #holds = 0;
  /** Pings that nothing came back for. */
  #unanswered = 0;

  constructor(socket: WebSocket, facts: ConnectionFacts, group: ProgramGroup, { rates, log }: ConnectionRules) {
    this.id = facts.id;
    this.room = facts.room;
    this.remote = facts.remote;
    this.target = facts.target;
    this.subprotocol = socket.protocol;
    this.fields = facts.fields;
    this.#socket = socket;
    this.#limit = new RateLimit(rates);
    const heard = (): void => {
      this.#unanswered = 0;
    };
    socket.on("pong", heard);
    socket.on("message", (data: RawData, isBinary: boolean) => {
      heard();
      this.#received(group, data, isBinary);
    });
    socket.on("drain", () => group.drained(this));
    socket.on("error", (error: Error) => log.write("debug", "session", error.message, this.fields));
    socket.on("close", (code: number, reason: Buffer) => {
      const said = reason.length > 0 ? ` ${reason.toString()}` : "";
      log.write("access", "session", "DISCONNECT", { ...this.fields, code });
      log.write("debug", "session", `closed with ${code}${said}`, this.fields);
      group.left(this, code, reason.toString());
    });
    group.join(this);
  }

  send(line: OutgoingLine, isShared: boolean): boolean {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return true;
    return isShared ? socket.sendPrepared(line.frame) : socket.send(line.data, { binary: line.isBinary });
  }

  close(code: number, reason: string): void {
    this.#holds = 0;
    this.#socket.resume();
    this.#socket.close(code, reason);
  }

  hold(): void {
    if (this.#holds++ === 0) this.#socket.pause();
  }

  release(): void {
    if (this.#holds > 0 && --this.#holds === 0) this.#socket.resume();
  }

  /**
   * Called at intervals: pings, and cuts the line when the last two had no answer. While it is held nothing can be read, so nothing is held against it; the
   * ping still finds out when nobody is there.
   */
  beat(): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (this.#holds > 0) this.#unanswered = 0;
    else if (this.#unanswered >= 2) return socket.terminate();
    this.#unanswered++;
    socket.ping();
  }

  #received(group: ProgramGroup, data: RawData, isBinary: boolean): void {
    if (!Buffer.isBuffer(data)) return;
    group.received(this, data, isBinary);
    const waitMs = this.#limit.take(1, data.length);
    if (waitMs === 0) return;
    this.hold();
    setTimeout(() => this.release(), waitMs);
  }
}
