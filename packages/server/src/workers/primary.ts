import type { Socket } from "node:net";
import { Line, PrivateSocket, StoreDesk } from "@openline/brokers/workers";
import { MemoryBroker } from "@openline/hub";
import type { OpenBroker } from "../late-broker.ts";
import type { Logger } from "../log.ts";
import { storeOf } from "../open-store.ts";
import type { CloseOptions, Listening } from "../openline-server.ts";
import { randomIds } from "../random-ids.ts";
import type { Settings } from "../settings.ts";
import { systemClock } from "../system-clock.ts";
import { packageVersion } from "../version.ts";
import { ClusterListeners } from "./cluster-listeners.ts";
import { type StartWorker, socketVariable } from "./forked-worker.ts";
import { canSharePort, claimPort } from "./free-port.ts";
import { listeningDescriptors } from "./listening-descriptors.ts";
import { PrimaryDesk } from "./primary-desk.ts";
import { RestartDelay } from "./restart-delay.ts";
import type { Inheritance, Place, Successor } from "./succession.ts";
import { WorkerSeat } from "./worker-seat.ts";
import type { Greeting, Welcome } from "./worker-words.ts";

/** So long a worker that is replaced serves those whose connection it has taken but not heard yet. */
const lingerMs = 300;

export interface PrimaryOptions {
  readonly settings: Settings;
  /** How many workers there are to be. */
  readonly workers: number;
  readonly log: Logger;
  readonly start: StartWorker;
  /** For a primary that takes the place of another one. */
  readonly inheritance?: Inheritance | undefined;
}

/**
 * The small process before several workers: owns the memory or durable store as its only writer, the webhook's outbox and the counts, starts the workers
 * again that die, and ends them when it is told to. It serves no client itself.
 */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #seats = new Map<number, WorkerSeat>();
  readonly #desk: PrimaryDesk;
  readonly #restarts = new RestartDelay();
  readonly #sharesPort = canSharePort();
  readonly #listeners = new ClusterListeners();
  #store: OpenBroker | undefined;
  #socket: PrivateSocket | undefined;
  #port = 0;
  /** Sockets that listen already; none once they were closed with the last worker that had them. */
  #descriptors: readonly number[] = [];
  #closing: Promise<void> | undefined;
  #replacing: Promise<void> | undefined;
  #isUp = false;
  /** Workers that have greeted begin when the store is open. */
  readonly #opened: Promise<void>;
  #begin: () => void = () => {};

  constructor(options: PrimaryOptions) {
    this.#options = options;
    this.#opened = new Promise((resolve) => (this.#begin = resolve));
    this.#desk = new PrimaryDesk(options.settings, options.log, this.#seats);
  }

  /** Opens the store and starts the workers; resolves when all listen. @throws what one of them could not do, with nothing left running */
  async listen(): Promise<Listening> {
    const { settings, workers, inheritance } = this.#options;
    this.#descriptors = inheritance?.descriptors ?? [];
    this.#port = inheritance?.port ?? (await claimPort(settings.host, settings.port));
    try {
      this.#socket = await PrivateSocket.open((stream) => this.#accept(stream));
      const seats = Array.from({ length: workers }, () => this.#start());
      if (inheritance !== undefined && settings.broker === undefined) {
        await Promise.all(seats.map(({ greeted }) => greeted));
        inheritance.ready();
        await inheritance.released;
      }
      this.#store = await this.#openStore();
      this.#desk.open();
      this.#listeners.watch();
      this.#begin();
      const listening = await Promise.all(seats.map((seat) => seat.listening));
      this.#listeners.rest();
      this.#isUp = true;
      // With an outside engine both may serve for a moment.
      if (settings.broker !== undefined) inheritance?.ready();
      return listening[0] ?? { urls: [], port: this.#port, isOpen: false };
    } catch (error) {
      await this.close({ graceMs: 0, delayMs: 0 });
      throw error;
    }
  }

  /** Ends the workers, then what is the primary's own. Resolves when no process is left. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /**
   * Lets another process take this one's place: it gets the listening sockets, and the store when this one has let go of it; clients are told 1012. Connections
   * that begin between the two wait in the kernel. Resolves with whether it came to that; else this process goes on, and the log says why.
   */
  async handOver(start: (place: Place) => Successor): Promise<boolean> {
    const { log } = this.#options;
    const descriptors = this.#sharesPort ? [] : listeningDescriptors(this.#port);
    if (descriptors.length === 0 && !this.#sharesPort) {
      log.error("the listening sockets cannot be handed over on this system: this process goes on");
      return false;
    }
    const successor = start({ port: this.#port, descriptors });
    log.info({ pid: successor.pid }, "a new process is to take the place of this one");
    try {
      await successor.ready;
    } catch (error) {
      log.error({ err: error }, "the new process could not begin: this one goes on");
      return false;
    }
    // From now on what comes waits for the other; what was accepted is handed out first, for nobody else will.
    if (this.#listeners.close() > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
    await this.close({ code: 1012, delayMs: 0, lingerMs });
    successor.release();
    return true;
  }

  /** Ends the workers at once; they are gone when the process is. */
  kill(): void {
    for (const { process } of this.#seats.values()) process.kill("SIGKILL");
    this.#socket?.close();
  }

  /**
   * Starts new workers one after another, each in the place of an old one that then closes its connections with 1012. Resolves when all are replaced; a new
   * one that cannot begin ends the replacing, and the old ones go on.
   */
  replace(): Promise<void> {
    this.#replacing ??= this.#replace().finally(() => (this.#replacing = undefined));
    return this.#replacing;
  }

  async #replace(): Promise<void> {
    const { log } = this.#options;
    for (const old of [...this.#seats.values()].filter(({ isServing }) => isServing)) {
      const fresh = this.#start(old);
      try {
        await fresh.listening;
      } catch (error) {
        return log.error({ err: error }, "a new worker could not begin: the old ones go on");
      }
      this.#dismiss(old, { code: 1012, lingerMs });
      await old.ended;
      if (this.#closing !== undefined) return;
    }
    log.info({ workers: this.#seats.size }, "all workers are replaced");
  }

  /** `instead`: the worker whose place it is to have. It is not started again by itself then, if it cannot begin. */
  #start(instead?: WorkerSeat): WorkerSeat {
    const { start, log } = this.#options;
    const seat = new WorkerSeat(start({ [socketVariable]: this.#socket?.path ?? "" }));
    this.#seats.set(seat.id, seat);
    log.debug({ worker: seat.id, pid: seat.process.pid }, "a worker starts");
    void seat.ended.then((how) => this.#ended(seat, how, instead));
    return seat;
  }

  #ended(seat: WorkerSeat, how: string, instead: WorkerSeat | undefined): void {
    const { id, began } = seat;
    const { log } = this.#options;
    this.#seats.delete(id);
    this.#desk.leave(id, this.#closing === undefined);
    if (this.#isUp && ![...this.#seats.values()].some(({ isServing }) => isServing)) this.#startOver();
    if (seat.wasDismissed || this.#closing !== undefined) return log.debug({ worker: id, how }, "a worker ended");
    const isWanted = this.#isUp && (instead === undefined || instead.wasDismissed);
    if (!isWanted) return;
    const delayMs = this.#restarts.next(performance.now() - began);
    log.error({ worker: id, pid: seat.process.pid, how, delayMs }, "a worker died: another one takes its place");
    setTimeout(() => {
      if (this.#closing === undefined) this.#start();
    }, delayMs);
  }

  /** The sockets were closed with the last worker: the next one makes new ones. */
  #startOver(): void {
    this.#descriptors = [];
    this.#listeners.watch();
  }

  #dismiss(seat: WorkerSeat, farewell: CloseOptions): void {
    const { graceMs = this.#options.settings.drainMs, delayMs = 0 } = farewell;
    seat.leave({ ...farewell, graceMs, delayMs }, graceMs + delayMs);
  }

  async #close(options: CloseOptions): Promise<void> {
    const { drainMs, drainDelayMs } = this.#options.settings;
    const { graceMs = drainMs, delayMs = drainDelayMs } = options;
    const seats = [...this.#seats.values()];
    for (const seat of seats) this.#dismiss(seat, { ...options, graceMs, delayMs });
    await Promise.all(seats.map(({ ended }) => ended));
    await this.#desk.close(graceMs);
    this.#socket?.close();
    await this.#store?.close();
  }

  async #openStore(): Promise<OpenBroker | undefined> {
    const { settings, log } = this.#options;
    if (settings.broker !== undefined) return undefined;
    const open = storeOf(settings, log);
    if (open !== undefined) return await open();
    const broker = new MemoryBroker({ clock: systemClock, ids: randomIds, maxRooms: settings.limits.rooms });
    return { broker, close: async () => broker.close() };
  }

  #accept(stream: Socket): void {
    let seat: WorkerSeat | undefined;
    const line: Line = new Line({
      stream,
      clock: systemClock,
      asked: async (topic, json) => {
        if (topic !== "hello") return await this.#desk.answer(seat, topic, json);
        const greeting: Greeting = JSON.parse(json);
        seat = this.#seatFor(greeting);
        return this.#welcome(seat, line);
      },
      told: (topic, json, number) => this.#hear(seat, topic, json, number),
      closed: () => seat?.lost(),
    });
  }

  #seatFor({ worker, version }: Greeting): WorkerSeat {
    const seat = this.#seats.get(worker);
    if (seat === undefined || seat.hasGreeted) throw new Error(`no place is free for worker ${worker}`);
    const own = packageVersion();
    if (version === own) return seat;
    throw new Error(`the worker is of version ${version}, its primary of ${own}: start a new primary`);
  }

  #welcome(seat: WorkerSeat, line: Line): Welcome {
    seat.greet();
    void this.#opened.then(() => this.#admit(seat, line));
    return {
      workers: this.#options.workers,
      port: this.#port,
      sharesPort: this.#sharesPort,
      descriptors: this.#descriptors,
      hasStore: this.#options.settings.broker === undefined,
      hasWebhook: this.#desk.hasWebhook,
    };
  }

  /** The worker gets its place at the store, and may listen. */
  #admit(seat: WorkerSeat, line: Line): void {
    const store = this.#store?.broker;
    seat.take(line, store === undefined ? undefined : new StoreDesk(store, () => seat.line));
    this.#desk.join(seat.id);
    line.tell("begin", null);
  }

  #hear(seat: WorkerSeat | undefined, topic: string, json: string, number: number): void {
    if (seat === undefined || this.#desk.hear(seat, topic, json, number) || topic !== "listening") return;
    seat.serves(JSON.parse(json));
    if (this.#isUp) this.#listeners.rest();
  }
}
