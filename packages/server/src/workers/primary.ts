import type { Socket } from "node:net";
import { Line, PrivateSocket, StoreDesk } from "@openline/brokers/workers";
import { MemoryBroker } from "@openline/hub";
import type { OpenBroker } from "../late-broker.ts";
import type { Logger } from "../log.ts";
import { storeOf } from "../open-store.ts";
import type { CloseOptions, Listening } from "../openline-server.ts";
import { Metrics } from "../operations/metrics.ts";
import { randomIds } from "../random-ids.ts";
import type { Settings } from "../settings.ts";
import { systemClock } from "../system-clock.ts";
import { packageVersion } from "../version.ts";
import { createWebhook, type Webhook } from "../webhooks/webhook.ts";
import { ClusterListeners } from "./cluster-listeners.ts";
import { type StartWorker, socketVariable } from "./forked-worker.ts";
import { canSharePort, claimPort } from "./free-port.ts";
import { listeningDescriptors } from "./listening-descriptors.ts";
import { MetricSum, type MetricsJson } from "./metric-sum.ts";
import { RestartDelay } from "./restart-delay.ts";
import { RoomLedger } from "./room-ledger.ts";
import { SessionHomes } from "./session-homes.ts";
import { TallyBoard } from "./shared-tally.ts";
import type { Inheritance, Place, Successor } from "./succession.ts";
import { mergeRooms, mergeUsers } from "./whole-view.ts";
import { WorkerSeat } from "./worker-seat.ts";
import type { AllCounts, CountsName, Greeting, Welcome } from "./worker-words.ts";

const countsNames: readonly CountsName[] = ["connections", "addresses", "userConnections"];

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
  readonly #boards: Readonly<Record<CountsName, TallyBoard>>;
  readonly #ledger: RoomLedger | undefined;
  readonly #webhook: Webhook | undefined;
  readonly #metrics: Metrics;
  readonly #sum = new MetricSum();
  readonly #homes = new SessionHomes();
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
    const { settings, log } = options;
    this.#options = options;
    this.#opened = new Promise((resolve) => (this.#begin = resolve));
    const board = (name: CountsName): TallyBoard =>
      new TallyBoard((worker, changes) => this.#seats.get(worker)?.line?.tell("counts", { [name]: changes } satisfies Partial<AllCounts>));
    this.#boards = { connections: board("connections"), addresses: board("addresses"), userConnections: board("userConnections") };
    const webhook = createWebhook(settings, log);
    this.#webhook = webhook;
    if (webhook !== undefined) {
      const isWhole = settings.broker === undefined;
      this.#ledger = new RoomLedger({ tell: (activity) => webhook.observe(activity), isWhole, now: () => systemClock.now() });
    }
    this.#metrics = Metrics.ofPrimary(() => this.#webhook?.state());
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
      this.#webhook?.open();
      this.#metrics.delay.start();
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
    this.#sum.gone(id);
    this.#ledger?.leave(id, this.#closing === undefined);
    for (const name of countsNames) this.#boards[name].leave(id);
    this.#homes.leave(id);
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
    for (const name of countsNames) this.#boards[name].close();
    this.#metrics.delay.stop();
    await this.#webhook?.close(graceMs);
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
        if (topic !== "hello") return await this.#answer(seat, topic, json);
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
      hasWebhook: this.#webhook !== undefined,
    };
  }

  /** The worker gets its place at the store, and may listen. */
  #admit(seat: WorkerSeat, line: Line): void {
    const store = this.#store?.broker;
    seat.take(line, store === undefined ? undefined : new StoreDesk(store, () => seat.line));
    for (const name of countsNames) this.#boards[name].join(seat.id);
    line.tell("begin", null);
  }

  #hear(seat: WorkerSeat | undefined, topic: string, json: string, number: number): void {
    if (seat === undefined || seat.desk?.hear(topic, json, number) === true) return;
    if (topic === "counts") this.#count(seat.id, JSON.parse(json));
    else if (topic === "activity") this.#ledger?.hear(seat.id, JSON.parse(json));
    else if (topic === "session-over") this.#homes.over(seat.id, JSON.parse(json));
    else if (topic === "listening") {
      seat.serves(JSON.parse(json));
      if (this.#isUp) this.#listeners.rest();
    }
  }

  #count(worker: number, counts: Partial<AllCounts>): void {
    for (const name of countsNames) this.#boards[name].hear(worker, counts[name] ?? {});
  }

  async #answer(seat: WorkerSeat | undefined, topic: string, json: string): Promise<unknown> {
    if (seat === undefined) throw new Error(`${topic} before hello`);
    if (seat.desk?.knows(topic) === true) return await seat.desk.answer(topic, json);
    switch (topic) {
      case "ping":
        return null;
      case "failed":
        return seat.fails(JSON.parse(json));
      case "parting":
        return this.#sum.saw(seat.id, JSON.parse(json));
      case "all-users":
        return mergeUsers(await this.#askAll("users", null));
      case "all-rooms":
        return mergeRooms(await this.#askAll("rooms", null));
      case "all-connected":
        return (await this.#askAll<number>("connected", JSON.parse(json))).reduce((sum, count) => sum + count, 0);
      case "all-metrics":
        return await this.#metricsText();
      case "session-home":
        return this.#homes.find(seat.id, JSON.parse(json));
      case "webhook":
        return this.#webhook?.state();
      case "dead-letters":
        return this.#webhook?.deadLetters();
      case "retry-dead-letters":
        return this.#webhook?.retryDeadLetters();
      default:
        throw new TypeError(`a primary is not asked for ${topic}`);
    }
  }

  async #metricsText(): Promise<string> {
    const view = async ({ id, line }: WorkerSeat): Promise<void> => {
      const metrics: MetricsJson = JSON.parse((await line?.ask("metrics", null)) ?? "[]");
      this.#sum.saw(id, metrics);
    };
    await Promise.allSettled(this.#speaking().map(view));
    return await this.#sum.text(await this.#metrics.json());
  }

  /** What each worker answers; one that does not is left out. */
  async #askAll<T>(topic: string, body: unknown): Promise<T[]> {
    const answers = await Promise.allSettled(
      this.#speaking().map(async ({ line }) => {
        const answer: T = JSON.parse((await line?.ask(topic, body)) ?? "null");
        return answer;
      }),
    );
    return answers.filter((answer) => answer.status === "fulfilled").map(({ value }) => value);
  }

  #speaking(): WorkerSeat[] {
    return [...this.#seats.values()].filter(({ line }) => line !== undefined);
  }
}
