import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Page,
  type Publication,
  type ReadFrom,
  type Signal,
  type Subscriber,
  type Subscription,
} from "@openline/hub";
import { BrokerError } from "../broker-error.ts";
import type { Line } from "./line.ts";

type Member = Subscription["members"][number];

/** What the primary tells a subscriber. */
const hearing: Readonly<Record<string, (ear: Subscriber, json: string) => void>> = {
  message: (ear, json) => ear.message(JSON.parse(json)),
  signal: (ear, json) => ear.signal(JSON.parse(json)),
  entered: (ear, json) => ear.entered(JSON.parse(json)),
  exited: (ear, json) => ear.exited(JSON.parse(json)),
  insufficient: (ear) => ear.insufficient(),
};

/**
 * Rooms that lie in the primary process, as a worker reaches them over its line (ARCHITECTURE, contract 10). Hand it what the line tells, with `hear`, and
 * call `lost` when the line is gone: a worker without its primary has nothing left to serve.
 */
export class WorkerBroker implements Broker {
  readonly #line: () => Line;
  readonly #ears = new Map<number, Subscriber>();
  #last = 0;

  constructor(line: () => Line) {
    this.#line = line;
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    try {
      const outcome: BrokerOutcome = JSON.parse(await this.#line().ask("publish", [room, publication]));
      return outcome;
    } catch (error) {
      if (isSilence(error)) return { outcome: "unknown" };
      throw error;
    }
  }

  signal(room: string, signal: Signal): void {
    this.#line().tell("signal", [room, signal]);
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    const page: Page = JSON.parse(await this.#line().ask("read", [room, from]));
    return page;
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    const number = ++this.#last;
    // What is told may overtake the answer's way through the promises: the subscriber bears that.
    this.#ears.set(number, subscriber);
    try {
      const { top, members }: Pick<Subscription, "top" | "members"> = JSON.parse(await this.#line().ask("subscribe", [number, room]));
      return new WorkerSubscription({ top, members, tell: (topic, body) => this.#tell(topic, body, number) });
    } catch (error) {
      this.#tell("unsubscribe", null, number);
      throw error;
    }
  }

  async rotate(room: string, epoch: string): Promise<void> {
    await this.#line().ask("rotate", [room, epoch]);
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    const rooms: readonly BrokerRoom[] = JSON.parse(await this.#line().ask("rooms", null));
    return rooms;
  }

  /** Resolves when the primary has done everything that was said before, and everything that it told before has come. */
  async ping(): Promise<void> {
    await this.#line().ask("ping", null);
  }

  close(): void {
    this.#line().close();
  }

  /** What the primary tells of the room with this number. @returns whether it was for the broker */
  hear(topic: string, json: string, number: number): boolean {
    if (!Object.hasOwn(hearing, topic)) return false;
    const ear = this.#ears.get(number);
    if (ear !== undefined) hearing[topic]?.(ear, json);
    return true;
  }

  /** The line is gone: whoever followed a room may have missed something. */
  lost(): void {
    for (const ear of this.#ears.values()) ear.insufficient();
  }

  #tell(topic: string, body: unknown, number: number): void {
    if (topic === "unsubscribe") this.#ears.delete(number);
    this.#line().tell(topic, body, number);
  }
}

/** The primary did not answer, so nobody knows. */
function isSilence(error: unknown): boolean {
  return error instanceof BrokerError && error.code === "unreachable";
}

interface WorkerSubscriptionOptions extends Pick<Subscription, "top" | "members"> {
  readonly tell: (topic: "enter" | "exit" | "unsubscribe", body: unknown) => void;
}

class WorkerSubscription implements Subscription {
  readonly top: Subscription["top"];
  readonly members: readonly Member[];
  readonly #tell: WorkerSubscriptionOptions["tell"];
  #isClosed = false;

  constructor({ top, members, tell }: WorkerSubscriptionOptions) {
    this.top = top;
    this.members = members;
    this.#tell = tell;
  }

  enter(member: Member): void {
    if (!this.#isClosed) this.#tell("enter", member);
  }

  exit(session: string): void {
    if (!this.#isClosed) this.#tell("exit", session);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell("unsubscribe", null);
  }
}
