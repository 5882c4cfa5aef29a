import type { Logger } from "../log.ts";
import { Metrics } from "../operations/metrics.ts";
import type { Settings } from "../settings.ts";
import { systemClock } from "../system-clock.ts";
import { createWebhook, type Webhook } from "../webhooks/webhook.ts";
import { MetricSum, type MetricsJson } from "./metric-sum.ts";
import { RoomLedger } from "./room-ledger.ts";
import { SessionHomes } from "./session-homes.ts";
import { TallyBoard } from "./shared-tally.ts";
import { mergeRooms, mergeUsers } from "./whole-view.ts";
import type { WorkerSeat } from "./worker-seat.ts";
import type { AllCounts, CountsName } from "./worker-words.ts";

const countsNames: readonly CountsName[] = ["connections", "addresses", "userConnections"];

/** What several workers know only together, at their primary: counts, sessions, metrics, the one webhook, and views of the whole that are asked of all. */
export class PrimaryDesk {
  readonly #seats: ReadonlyMap<number, WorkerSeat>;
  readonly #boards: Readonly<Record<CountsName, TallyBoard>>;
  readonly #ledger: RoomLedger | undefined;
  readonly #webhook: Webhook | undefined;
  readonly #metrics: Metrics;
  readonly #sum = new MetricSum();
  readonly #homes = new SessionHomes();

  /** `seats`: the workers there are, by id; the primary's to change. */
  constructor(settings: Settings, log: Logger, seats: ReadonlyMap<number, WorkerSeat>) {
    this.#seats = seats;
    const board = (name: CountsName): TallyBoard =>
      new TallyBoard((worker, changes) => seats.get(worker)?.line?.tell("counts", { [name]: changes } satisfies Partial<AllCounts>));
    this.#boards = { connections: board("connections"), addresses: board("addresses"), userConnections: board("userConnections") };
    const webhook = createWebhook(settings, log);
    this.#webhook = webhook;
    if (webhook !== undefined) {
      const isWhole = settings.broker === undefined;
      this.#ledger = new RoomLedger({ tell: (activity) => webhook.observe(activity), isWhole, now: () => systemClock.now() });
    }
    this.#metrics = Metrics.ofPrimary(() => this.#webhook?.state());
  }

  get hasWebhook(): boolean {
    return this.#webhook !== undefined;
  }

  /** Begins its work. @throws what keeps the webhook's outbox from being opened */
  open(): void {
    this.#webhook?.open();
    this.#metrics.delay.start();
  }

  /** Ends it, when no worker is left; the webhook may send for that long. */
  async close(graceMs: number): Promise<void> {
    for (const name of countsNames) this.#boards[name].close();
    this.#metrics.delay.stop();
    await this.#webhook?.close(graceMs);
  }

  /** A worker is there: it gets the counts of the others. */
  join(worker: number): void {
    for (const name of countsNames) this.#boards[name].join(worker);
  }

  /** A worker is gone, with all that only it knew. `tells`: whether the webhook says that its members left. */
  leave(worker: number, tells: boolean): void {
    this.#sum.gone(worker);
    this.#ledger?.leave(worker, tells);
    for (const name of countsNames) this.#boards[name].leave(worker);
    this.#homes.leave(worker);
  }

  /** What a worker tells. Returns whether it was for this desk, or for the store's. */
  hear(seat: WorkerSeat, topic: string, json: string, number: number): boolean {
    if (seat.desk?.hear(topic, json, number) === true) return true;
    if (topic === "counts") this.#count(seat.id, JSON.parse(json));
    else if (topic === "activity") this.#ledger?.hear(seat.id, JSON.parse(json));
    else if (topic === "session-over") this.#homes.over(seat.id, JSON.parse(json));
    else return false;
    return true;
  }

  /** What a worker asks for. @throws TypeError for what a primary does not know, Error for who did not greet */
  async answer(seat: WorkerSeat | undefined, topic: string, json: string): Promise<unknown> {
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

  #count(worker: number, counts: Partial<AllCounts>): void {
    for (const name of countsNames) this.#boards[name].hear(worker, counts[name] ?? {});
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
