import type { ServerResponse } from "node:http";
import type { ServerMessage } from "@openline/wire";
import type { Heard } from "../heard.ts";
import { type Problem, refusalProblem } from "../problems.ts";
import { highWaterBytes } from "../websocket-transport.ts";
import { boundEnd } from "./bound-end.ts";
import type { RoomListener } from "./room-reader.ts";

/** Browsers come back after so long, each at its own time, so that they do not come all at once (R5). */
const retryFromMs = 1_000;
const retrySpreadMs = 4_000;
/** Proxies cut a line that is silent for 30 to 60 s (R9). */
const keepAliveMs = 25_000;
/** How long a reader may take to read the end, at most 64 KiB. */
const endMs = 10_000;

/** What {@link EventStream} tells whoever opened it. */
export interface EventStreamOwner {
  /** The response is the stream's from now on. */
  begun(): void;
  /** The response has room again. */
  drained(): void;
  /** The hub refused before anything was sent: answer with this instead. */
  refused(problem: Problem): void;
}

/**
 * A room as server-sent events (WHATWG HTML §9.2). A stored message is an event without a name, its position the event's id: a browser sends it back as `Last-Event-ID` and gets
 * what it missed. Whatever else happens has an event of its name: `joined`, `ephemeral`, `gap`, `insufficient`, `left`, and `close` at the end.
 */
export class EventStream implements RoomListener {
  readonly kind = "sse";
  readonly #response: ServerResponse;
  readonly #owner: EventStreamOwner;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #random: () => number;

  constructor(
    response: ServerResponse,
    owner: EventStreamOwner,
    headers: Readonly<Record<string, string>>,
    random: () => number = Math.random,
  ) {
    this.#response = response;
    this.#owner = owner;
    this.#headers = headers;
    this.#random = random;
    response.on("drain", () => owner.drained());
  }

  hear(heard: Heard): boolean {
    const { message } = heard;
    if (message === undefined) return true;
    if (!this.#response.headersSent) {
      // An error that answers nothing asked announces the end, which `ended` hears.
      if (message.type === "error" && message.ref !== undefined) this.#owner.refused(refusalProblem(message));
      if (message.type !== "joined") return true;
      this.#begin();
    }
    heard.eventText ??= eventText(message);
    this.#response.write(heard.eventText);
    return this.#response.writableLength < highWaterBytes;
  }

  /** The stream ends: a browser comes back by itself, or the `close` event tells the page that it had better not. */
  ended(code: number, reason: string): void {
    if (this.#response.headersSent) this.#end(event("close", undefined, { code, reason }));
    else this.#owner.refused({ code: "unavailable", detail: `the hub closed the connection: ${reason}`, headers: { "retry-after": "1" } });
  }

  #end(text: string): void {
    boundEnd(this.#response, endMs);
    this.#response.end(text);
  }

  #begin(): void {
    this.#response.writeHead(200, {
      ...this.#headers,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx would keep events back until its buffer is full.
      "x-accel-buffering": "no",
    });
    this.#response.write(`retry: ${Math.round(retryFromMs + this.#random() * retrySpreadMs)}\n\n`);
    keepAlive(this.#response);
    this.#owner.begun();
  }
}

/** Node keeps timers of one duration in one list: a stream more costs an entry in it, not a timer of the system (R11). */
function keepAlive(response: ServerResponse): void {
  // A write after the end would be an error that nobody handles.
  const timer = setInterval(() => response.writableEnded || response.write(":\n\n"), keepAliveMs);
  timer.unref();
  response.once("close", () => clearInterval(timer));
}

/** A message of the hub as text of an event stream; empty for what concerns no reader. */
export function eventText(message: ServerMessage): string {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest are answers to what a reader never asks
  switch (message.type) {
    case "message": {
      const { type: _type, room: _room, ...entry } = message;
      return event(undefined, message.position, entry);
    }
    case "joined": {
      const { position, replay, recovered, memberCount } = message;
      // What is replayed comes after this: a line that breaks in between must not skip it.
      return event("joined", replay === 0 ? position : undefined, { position, replay, recovered, memberCount });
    }
    case "ephemeral": {
      const { type: _type, room: _room, ...entry } = message;
      return event("ephemeral", undefined, entry);
    }
    case "gap":
      return event("gap", message.position, { count: message.count, position: message.position });
    case "insufficient":
      return event("insufficient", message.position, { position: message.position });
    case "left":
      return event("left", undefined, { code: message.code, message: message.message });
    default:
      return "";
  }
}

function event(name: string | undefined, id: string | undefined, data: object): string {
  return `${name === undefined ? "" : `event: ${name}\n`}${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
