import type { Broker, BrokerOutcome, BrokerRoom, Page, Publication, ReadFrom, Signal, Subscriber, Subscription } from "@openline/hub";

/** A broker that was opened, and how it is closed for good. */
export interface OpenBroker {
  readonly broker: Broker;
  /** Resolves when its files or connections are free. */
  readonly close: () => Promise<void>;
  /** Whether the store cannot be reached now. Default: it always can. */
  readonly isAway?: () => boolean;
  /** How much of what came over it was refused, for want of a signature. */
  readonly refused?: () => number;
}

/**
 * A broker that is opened later than the hub is made: by `open`, or by the first call that needs it. What fails then fails as that call,
 * and the next one tries again.
 */
export class LateBroker implements Broker {
  readonly #openBroker: () => Promise<OpenBroker>;
  #opening: Promise<OpenBroker> | undefined;
  #broker: Broker | undefined;
  #isAway: (() => boolean) | undefined;
  #refused: (() => number) | undefined;

  constructor(openBroker: () => Promise<OpenBroker>) {
    this.#openBroker = openBroker;
  }

  /** Whether it was opened, and its store cannot be reached now. */
  get isAway(): boolean {
    return this.#isAway?.() ?? false;
  }

  /** How much of what came over it was refused, for want of a signature. */
  get refused(): number {
    return this.#refused?.() ?? 0;
  }

  /** Opens it, once. @throws what `openBroker` throws */
  async open(): Promise<void> {
    await this.#ready();
  }

  /** Gives everything back; a later call opens it anew. */
  async end(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#broker = undefined;
    this.#isAway = undefined;
    if (opening === undefined) return;
    await opening.then(
      async ({ close }) => await close(),
      () => {
        // It was never open.
      },
    );
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    return await (this.#broker ?? (await this.#ready())).publish(room, publication);
  }

  /** Nobody can hear it before the broker is open. */
  signal(room: string, signal: Signal): void {
    this.#broker?.signal(room, signal);
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    return await (this.#broker ?? (await this.#ready())).read(room, from);
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    return await (this.#broker ?? (await this.#ready())).subscribe(room, subscriber);
  }

  async rotate(room: string, epoch: string): Promise<void> {
    await (this.#broker ?? (await this.#ready())).rotate(room, epoch);
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    return await (this.#broker ?? (await this.#ready())).rooms();
  }

  close(): void {
    void this.end();
  }

  async #ready(): Promise<Broker> {
    const opening = (this.#opening ??= this.#openBroker());
    try {
      const { broker, isAway, refused } = await opening;
      if (this.#opening === opening) {
        this.#broker = broker;
        this.#isAway = isAway;
        this.#refused = refused;
      }
      return broker;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }
}
