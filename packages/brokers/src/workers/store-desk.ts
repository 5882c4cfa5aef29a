import type { Broker, Publication, ReadFrom, Signal, StoredMessage, Subscriber, Subscription } from "@openline/hub";
import { encodeTold, type Line } from "./line.ts";

type Member = Subscription["members"][number];

/** Bodies of messages that went to a line before: the store hands the same object to each subscriber, so each is made into bytes once. */
const bodies = new WeakMap<StoredMessage, Buffer>();

function bodyOf(message: StoredMessage): Buffer {
  let body = bodies.get(message);
  if (body === undefined) bodies.set(message, (body = encodeTold("message", message)));
  return body;
}

/** An ear at the store that says on the line what it hears. */
class RemoteEar implements Subscriber {
  readonly #line: () => Line | undefined;
  readonly #number: number;

  constructor(line: () => Line | undefined, number: number) {
    this.#line = line;
    this.#number = number;
  }

  message(message: StoredMessage): void {
    this.#line()?.tellEncoded(this.#number, bodyOf(message));
  }

  signal(signal: Signal): void {
    this.#line()?.tell("signal", signal, this.#number);
  }

  entered(member: Member): void {
    this.#line()?.tell("entered", member, this.#number);
  }

  exited(session: string): void {
    this.#line()?.tell("exited", session, this.#number);
  }

  insufficient(): void {
    this.#line()?.tell("insufficient", null, this.#number);
  }
}

/** What a worker asks of the store, and what it says with it. */
const asking: Readonly<Record<string, (store: Broker, json: string) => unknown>> = {
  publish: async (store, json) => {
    const [room, publication]: [string, Publication] = JSON.parse(json);
    return await store.publish(room, publication);
  },
  read: async (store, json) => {
    const [room, from]: [string, ReadFrom] = JSON.parse(json);
    return await store.read(room, from);
  },
  rotate: async (store, json) => {
    const [room, epoch]: [string, string] = JSON.parse(json);
    await store.rotate(room, epoch);
  },
  rooms: async (store) => await store.rooms(),
  ping: () => null,
};

/** What a worker tells of one of its subscriptions. */
const telling: Readonly<Record<string, (subscription: Subscription, json: string) => void>> = {
  enter: (subscription, json) => subscription.enter(JSON.parse(json)),
  exit: (subscription, json) => subscription.exit(JSON.parse(json)),
  unsubscribe: (subscription) => subscription.close(),
};

/**
 * Where one worker stands at the primary's store: does there what the worker says on its line. Both ends are of one version (they greet each other with
 * it), so what comes is what `WorkerBroker` sends. When the line goes, `close` takes the worker's members out of every room.
 */
export class StoreDesk {
  readonly #store: Broker;
  readonly #line: () => Line | undefined;
  readonly #subscriptions = new Map<number, Subscription>();
  #isClosed = false;

  /** `line`: where the worker is spoken to; undefined before it is there. */
  constructor(store: Broker, line: () => Line | undefined) {
    this.#store = store;
    this.#line = line;
  }

  /** Subscriptions that the worker holds. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** Whether it is a question for the store. */
  knows(topic: string): boolean {
    return topic === "subscribe" || Object.hasOwn(asking, topic);
  }

  async answer(topic: string, json: string): Promise<unknown> {
    if (topic === "subscribe") return await this.#subscribe(JSON.parse(json));
    return await asking[topic]?.(this.#store, json);
  }

  /** Does what the worker tells. @returns whether it was for the store */
  hear(topic: string, json: string, number: number): boolean {
    if (topic === "signal") this.#signal(JSON.parse(json));
    else if (!Object.hasOwn(telling, topic)) return false;
    const subscription = this.#subscriptions.get(number);
    if (subscription !== undefined) telling[topic]?.(subscription, json);
    if (topic === "unsubscribe") this.#subscriptions.delete(number);
    return true;
  }

  /** The worker is gone, and so are its members. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
  }

  #signal([room, signal]: [string, Signal]): void {
    this.#store.signal(room, signal);
  }

  async #subscribe([number, room]: [number, string]): Promise<Pick<Subscription, "top" | "members">> {
    const subscription = await this.#store.subscribe(room, new RemoteEar(this.#line, number));
    if (this.#isClosed) subscription.close();
    else this.#subscriptions.set(number, subscription);
    const { top, members } = subscription;
    return { top, members };
  }
}
