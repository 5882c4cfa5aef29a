import type { Witness } from "./witness.ts";

/** A witness and the way in which it is connected. */
export interface Station {
  readonly witness: Witness;
  /** Begins to connect, if there is no connection; `witness.opened` follows, or nothing. */
  dial(): void;
  /** Breaks the connection as a bad network does. */
  cut(): void;
  /** Stops reading what comes, until `flow`. */
  stall(): void;
  flow(): void;
}

export interface WorkloadOptions {
  readonly seed: number;
  readonly stations: readonly Station[];
  readonly rooms: readonly string[];
  /** Waits; all waiting of a run goes through it. */
  readonly pass: (ms: number) => Promise<void>;
  /** Between two steps; default 20 ms. */
  readonly stepMs?: number;
  /** How many messages a station publishes in a step, on average; default 0.3. */
  readonly publishesPerStep?: number;
  /** Whether stations cut, stall, leave and rejoin by themselves. Default true. */
  readonly unrest?: boolean;
  /** How much each publish weighs beyond its token: bytes that make slow readers slow. Default 0. */
  readonly paddingBytes?: number;
}

/** A random number from 0 up to 1, from a seed: the same seed, the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a station does in one step: below its share of 1, the first that fits. The rest of the time it does nothing. */
const shares: readonly (readonly [until: number, act: "again" | "leave" | "join" | "cut" | "stall" | "flow"])[] = [
  [0.02, "again"],
  [0.025, "leave"],
  [0.045, "join"],
  [0.06, "cut"],
  [0.065, "stall"],
  [0.09, "flow"],
];

/** How often one that is away tries to come back in a step. */
const returning = 0.15;

/**
 * Lets witnesses behave like users, by the numbers of a seed: publish, publish again, join, leave, lose the connection, come back, read slowly.
 * The same seed does the same things in the same steps; what a real server does meanwhile is its own.
 */
export class Workload {
  readonly #options: Required<WorkloadOptions>;
  readonly #random: () => number;
  readonly #padding: string;

  constructor(options: WorkloadOptions) {
    this.#options = { stepMs: 20, publishesPerStep: 0.3, unrest: true, paddingBytes: 0, ...options };
    this.#random = seeded(options.seed);
    this.#padding = "x".repeat(this.#options.paddingBytes);
  }

  /** Connects everyone. Resolves with whether all are in all rooms within `mostMs`. */
  async begin(mostMs: number): Promise<boolean> {
    for (const { witness } of this.#options.stations) for (const room of this.#options.rooms) witness.join(room);
    return await this.#settled(mostMs, isIn);
  }

  /** Does one step, and waits until the next. */
  async step(): Promise<void> {
    const { stations, rooms, stepMs, publishesPerStep } = this.#options;
    for (const station of stations) {
      // Drawn whether or not they are used, so that the server's speed does not change what comes later.
      const [words, dice, where, rewind] = [this.#random(), this.#random(), this.#random(), this.#random()];
      const room = rooms[Math.floor(where * rooms.length)] ?? "";
      for (let word = Math.floor(publishesPerStep + words); word > 0; word--) station.witness.publish(room, this.#padding);
      this.#act(station, dice, room, rewind);
      station.witness.tick();
    }
    await this.#options.pass(stepMs);
  }

  /**
   * The world becomes quiet: everyone comes back, reads on, and says a last word in each room; then what the rooms keep is read. Resolves with
   * whether all of that was done within `mostMs`; the history can be judged in any case.
   */
  async calm(mostMs: number): Promise<boolean> {
    const { stations, rooms } = this.#options;
    for (const station of stations) {
      station.flow();
      for (const room of rooms) if (!station.witness.rooms.has(room)) station.witness.join(room);
    }
    let isCalm = await this.#settled(mostMs, isQuiet);
    for (const { witness } of stations.slice(0, 1)) for (const room of rooms) witness.publish(room);
    isCalm = (await this.#settled(mostMs, isQuiet)) && isCalm;
    const same = (): boolean => rooms.every((room) => new Set(stations.map(({ witness }) => witness.rooms.get(room)?.position)).size === 1);
    isCalm = (await this.#settled(mostMs, same)) && isCalm;
    for (const room of rooms) isCalm = ((await stations[0]?.witness.readHistory(room)) ?? false) && isCalm;
    return isCalm;
  }

  #act(station: Station, dice: number, room: string, rewind: number): void {
    const { witness } = station;
    if (!witness.isConnected) {
      if (dice < returning || !this.#options.unrest) station.dial();
      return;
    }
    const act = shares.find(([until]) => dice < until)?.[1];
    if (act === "again") witness.publishAgain(room);
    else if (!this.#options.unrest) return;
    else if (act === "leave") witness.leave(room);
    else if (act === "join") witness.join(room, Math.floor(rewind * 5));
    else if (act === "cut") station.cut();
    else if (act === "stall") station.stall();
    else if (act === "flow") station.flow();
  }

  async #settled(mostMs: number, isDone: (station: Station) => boolean): Promise<boolean> {
    const { stations, pass } = this.#options;
    for (let passed = 0; passed <= mostMs; passed += 50) {
      if (stations.every(isDone)) return true;
      for (const station of stations) {
        if (!station.witness.isConnected) station.dial();
        station.witness.tick();
      }
      await pass(50);
    }
    return false;
  }
}

const isIn = ({ witness }: Station): boolean => witness.isConnected && [...witness.rooms.values()].every((room) => room.isJoined);
const isQuiet = (station: Station): boolean => isIn(station) && station.witness.waiting === 0;
