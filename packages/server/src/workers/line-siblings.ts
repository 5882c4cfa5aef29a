import type { Broker, HubActivity, RoomSummary, UserSummary } from "@openline/hub";
import type { Whom } from "../routes/room-service.ts";
import type { DeadLetter, WebhookState } from "../webhooks/webhook-service.ts";
import type { HomeQuestion } from "./session-homes.ts";
import { SharedTally } from "./shared-tally.ts";
import type { SharedWebhook, Siblings, WorkerView } from "./siblings.ts";
import type { AllCounts, CountsName, Welcome } from "./worker-words.ts";

/** What it needs of the line to the primary. */
export interface PrimaryLine {
  ask(topic: string, body: unknown): Promise<string>;
  tell(topic: string, body: unknown): void;
  readonly silentMs: number;
}

const mostSilentMs = 2_000;

/** The siblings of a worker, as it reaches them through its primary. */
export class LineSiblings implements Siblings {
  readonly count: number;
  readonly sharesPort: boolean;
  readonly descriptors: readonly number[];
  readonly broker: Broker | undefined;
  readonly webhook: SharedWebhook | undefined;
  readonly connections: SharedTally;
  readonly addresses: SharedTally;
  readonly userConnections: SharedTally;
  readonly #line: PrimaryLine;
  #view: WorkerView | undefined;

  constructor(line: PrimaryLine, { workers, sharesPort, descriptors, hasWebhook }: Welcome, broker: Broker | undefined) {
    this.#line = line;
    this.count = workers;
    this.sharesPort = sharesPort;
    this.descriptors = descriptors;
    this.broker = broker;
    this.webhook = hasWebhook ? this.#sharedWebhook() : undefined;
    const tally = (name: CountsName): SharedTally => new SharedTally((counts) => line.tell("counts", { [name]: counts }));
    this.connections = tally("connections");
    this.addresses = tally("addresses");
    this.userConnections = tally("userConnections");
  }

  get isCutOff(): boolean {
    return this.#line.silentMs >= mostSilentMs;
  }

  show(view: WorkerView): void {
    this.#view = view;
  }

  /** What a sibling asks, through the primary. */
  async answer(topic: string, json: string): Promise<unknown> {
    switch (topic) {
      case "users":
        return this.#view?.users() ?? [];
      case "rooms":
        return (await this.#view?.rooms()) ?? [];
      case "connected":
        return this.#view?.connected(JSON.parse(json)) ?? 0;
      case "metrics":
        return (await this.#view?.metrics()) ?? [];
      default:
        throw new TypeError(`a worker is not asked for ${topic}`);
    }
  }

  /** What the primary says that the siblings count. */
  hear(counts: Partial<AllCounts>): void {
    this.connections.hear(counts.connections ?? {});
    this.addresses.hear(counts.addresses ?? {});
    this.userConnections.hear(counts.userConnections ?? {});
  }

  /** The metrics that the sum keeps when this worker is gone. */
  async lastMetrics(): Promise<unknown> {
    return await this.answer("metrics", "null");
  }

  async users(): Promise<readonly UserSummary[]> {
    const users: readonly UserSummary[] = JSON.parse(await this.#line.ask("all-users", null));
    return users;
  }

  async rooms(): Promise<readonly RoomSummary[]> {
    const rooms: readonly RoomSummary[] = JSON.parse(await this.#line.ask("all-rooms", null));
    return rooms;
  }

  async connected(whom: Whom): Promise<number> {
    const count: number = JSON.parse(await this.#line.ask("all-connected", whom));
    return count;
  }

  async metrics(): Promise<string> {
    const text: string = JSON.parse(await this.#line.ask("all-metrics", null));
    return text;
  }

  async sessionHome(id: string, path: string, opens: boolean): Promise<string | undefined> {
    const home: string | null = JSON.parse(await this.#line.ask("session-home", { id, path, opens } satisfies HomeQuestion));
    return home ?? undefined;
  }

  sessionOver(id: string): void {
    this.#line.tell("session-over", id);
  }

  #sharedWebhook(): SharedWebhook {
    const line = this.#line;
    return {
      observe: (activity: HubActivity) => line.tell("activity", activity),
      state: async () => {
        const state: WebhookState = JSON.parse(await line.ask("webhook", null));
        return state;
      },
      deadLetters: async () => {
        const letters: readonly DeadLetter[] = JSON.parse(await line.ask("dead-letters", null));
        return letters;
      },
      retryDeadLetters: async () => {
        const count: number = JSON.parse(await line.ask("retry-dead-letters", null));
        return count;
      },
    };
  }
}
