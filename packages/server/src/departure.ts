import type { Server as HttpServer } from "node:http";
import type { Hub } from "@openline/hub";
import type { Doors } from "./doors.ts";
import type { LateBroker } from "./late-broker.ts";
import type { Logger } from "./log.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { CloseOptions } from "./openline-server.ts";
import type { EventLoopDelay } from "./operations/event-loop-delay.ts";
import type { Settings } from "./settings.ts";
import type { Webhook } from "./webhooks/webhook.ts";

/** What has to end when a server does. */
export interface DepartingParts {
  readonly settings: Pick<Settings, "drainCode" | "drainMs" | "drainDelayMs" | "drainRetryMs" | "drainSpreadMs">;
  /** The servers that listen. */
  readonly http: readonly HttpServer[];
  readonly doors: Pick<Doors, "sockets" | "lastGone" | "close" | "cut">;
  readonly hub: Pick<Hub, "drain" | "close">;
  readonly requests: Pick<OpenRequests, "endConnections">;
  readonly delay: Pick<EventLoopDelay, "stop">;
  readonly webhook: Pick<Webhook, "close"> | undefined;
  /** Give servers of the application their listeners back. */
  readonly unmount: readonly (() => void)[];
  readonly store: Pick<LateBroker, "end"> | undefined;
  readonly log: Logger;
}

/** The graceful end of a server (R8): nothing new is taken, everybody is told, what is under way ends by itself, until the deadline cuts the rest. */
export class Departure {
  readonly #parts: DepartingParts;
  #ended: Promise<void> | undefined;
  #isDraining = false;

  constructor(parts: DepartingParts) {
    this.#parts = parts;
  }

  /** True from the first word on: no new clients should be sent here. */
  get hasBegun(): boolean {
    return this.#ended !== undefined;
  }

  /** True once nothing more is taken. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Begins it, or waits for the one that has begun. Resolves when all is closed. */
  begin(options: CloseOptions): Promise<void> {
    this.#ended ??= this.#leave(options);
    return this.#ended;
  }

  async #leave({
    code = this.#parts.settings.drainCode,
    graceMs = this.#parts.settings.drainMs,
    delayMs = this.#parts.settings.drainDelayMs,
    retryWithinMs = this.#parts.settings.drainRetryMs,
    spreadMs = this.#parts.settings.drainSpreadMs,
    lingerMs = 0,
  }: CloseOptions): Promise<void> {
    const { http, doors } = this.#parts;
    if (delayMs > 0) await pause(delayMs);
    const closed = http.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    if (lingerMs > 0) await pause(lingerMs);
    this.#isDraining = true;
    await this.#close({ code, graceMs, retryWithinMs, spreadMs: spreadMs ?? Math.min(graceMs / 2, doors.sockets) }, closed);
  }

  async #close(
    { code, graceMs, spreadMs, retryWithinMs }: Required<Omit<CloseOptions, "delayMs" | "lingerMs">>,
    closed: readonly Promise<void>[],
  ): Promise<void> {
    const { http, doors, hub, requests, delay, webhook, unmount, store } = this.#parts;
    const deadline = setTimeout(() => this.#cutAll(code), graceMs);
    const socketsClosed = doors.lastGone();
    const drained = hub.drain(code, spreadMs, retryWithinMs);
    for (const server of http) server.closeIdleConnections();
    requests.endConnections();
    await Promise.all([...closed, socketsClosed, drained]);
    await doors.close();
    clearTimeout(deadline);
    delay.stop();
    await webhook?.close(graceMs);
    for (const giveBack of unmount) giveBack();
    await store?.end();
  }

  #cutAll(code: 1001 | 1012): void {
    const { http, doors, hub, log } = this.#parts;
    hub.close(code);
    log.warn({ connections: doors.sockets }, "the time to drain is over: cutting what is still open");
    doors.cut();
    for (const server of http) server.closeAllConnections();
  }
}

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));
