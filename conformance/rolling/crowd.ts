import { setTimeout as delay } from "node:timers/promises";
import { Client } from "@openline/client";

/** Something that befell a client, with its time in milliseconds since the beginning. */
export interface Happening {
  readonly at: number;
  readonly what: "up" | "down" | "failed";
  /** The close code that ended it. */
  readonly code?: number | undefined;
}

/** What one client saw. */
interface Seat {
  readonly client: Client;
  readonly room: string;
  readonly heard: number[];
  readonly recoveries: (boolean | undefined)[];
  insufficient: number;
}

/** How it went, over all clients. */
export interface Tally {
  readonly connected: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  readonly recovered: number;
  readonly notRecovered: number;
  readonly insufficient: number;
  readonly published: number;
}

const roomSize = 20;

/** Clients that sit in rooms of twenty and listen, and a writer that publishes numbers into each room. */
export class Crowd {
  readonly happenings: Happening[] = [];
  readonly #from = performance.now();
  readonly #seats: Seat[];
  readonly #published = new Map<string, number[]>();
  readonly #writer: Client;
  readonly #over = new AbortController();
  #writing: Promise<void> = Promise.resolve();

  constructor(url: string, clients: number) {
    this.#seats = Array.from({ length: clients }, (_, index) => this.#sit(url, `room-${Math.floor(index / roomSize)}`));
    this.#writer = new Client(url, { autoConnect: false });
  }

  get now(): number {
    return performance.now() - this.#from;
  }

  get connected(): number {
    return this.#seats.filter(({ client }) => client.state === "connected").length;
  }

  /** Everybody comes, at most `perSecond` of them in a second; resolves when all are there. */
  async arrive(perSecond: number): Promise<void> {
    this.#writer.connect();
    for (const [index, { client }] of this.#seats.entries()) {
      client.connect();
      if (index % 10 === 9) await delay(10_000 / perSecond);
    }
    await this.whole(120_000);
  }

  /** Resolves when everybody is connected. @throws Error when that takes longer than `mostMs` */
  async whole(mostMs: number): Promise<void> {
    const deadline = performance.now() + mostMs;
    while (this.connected < this.#seats.length) {
      if (performance.now() > deadline)
        throw new Error(`after ${mostMs} ms ${this.connected} of ${this.#seats.length} clients are connected`);
      await delay(50);
    }
  }

  /** Begins to publish so many messages a second, over all rooms in turn. */
  write(perSecond: number): void {
    const rooms = [...new Set(this.#seats.map(({ room }) => room))];
    const publish = async (): Promise<void> => {
      for (let index = 0; !this.#over.signal.aborted; index++) {
        const room = rooms[index % rooms.length] ?? "";
        const numbers = this.#published.get(room) ?? [];
        this.#published.set(room, numbers);
        if (await this.#isStored(room, index)) numbers.push(index);
        await delay(1000 / perSecond);
      }
    };
    this.#writing = publish();
  }

  /** What was on its way when the writer's own node went ends as unknown: the writer has no login, so no other node knows its ids. */
  async #isStored(room: string, data: number): Promise<boolean> {
    try {
      await this.#writer.publish(room, data);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the publishing, waits for what is on its way, and counts. */
  async judge(): Promise<Tally> {
    this.#over.abort();
    await this.#writing;
    const deadline = performance.now() + 30_000;
    while (this.#tally().lost > 0 && performance.now() < deadline) await delay(100);
    return this.#tally();
  }

  leave(): void {
    this.#over.abort();
    this.#writer.close();
    for (const { client } of this.#seats) client.close();
  }

  #sit(url: string, room: string): Seat {
    const client = new Client(url, { autoConnect: false, user: "seat" });
    const seat: Seat = { client, room, heard: [], recoveries: [], insufficient: 0 };
    let wasUp = false;
    client.on("state", (state, { code }) => {
      if (state === "connected") this.happenings.push({ at: this.now, what: "up" });
      else if (state === "waiting") this.happenings.push({ at: this.now, what: wasUp ? "down" : "failed", code });
      if (state !== "connecting") wasUp = state === "connected";
    });
    // What fails on the way back is seen in the counts.
    client.on("error", () => {});
    const joined = client.join(room);
    joined.on("message", ({ data }) => seat.heard.push(Number(data)));
    joined.on("joined", ({ recovered }) => seat.recoveries.push(recovered));
    joined.on("insufficient", () => seat.insufficient++);
    return seat;
  }

  #tally(): Tally {
    const sums = { lost: 0, twice: 0, outOfOrder: 0, recovered: 0, notRecovered: 0, insufficient: 0 };
    for (const { room, heard, recoveries, insufficient } of this.#seats) {
      const all = new Set(heard);
      sums.lost += (this.#published.get(room) ?? []).filter((number) => !all.has(number)).length;
      sums.twice += heard.length - all.size;
      sums.outOfOrder += heard.filter((number, index) => index > 0 && number < (heard[index - 1] ?? 0)).length;
      sums.recovered += recoveries.filter((each) => each === true).length;
      sums.notRecovered += recoveries.filter((each) => each === false).length;
      sums.insufficient += insufficient;
    }
    const published = [...this.#published.values()].reduce((sum, { length }) => sum + length, 0);
    return { connected: this.connected, published, ...sums };
  }
}
