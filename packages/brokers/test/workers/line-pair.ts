import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Broker } from "@openline/hub";
import { Line, PrivateSocket, StoreDesk, WorkerBroker } from "../../src/workers/index.ts";
import { systemClock } from "../support/system-clock.ts";

/** A worker's broker over a real Unix socket, and the primary's end of its line. */
export interface Worker {
  readonly broker: WorkerBroker;
  readonly line: Line;
  readonly socket: Socket;
  readonly desk: StoreDesk;
}

/** A primary with its store, and workers that come to it. */
export class Primary {
  readonly #store: Broker;
  readonly #socket: PrivateSocket;
  readonly #lines: Line[] = [];
  readonly #desks: StoreDesk[];
  #ends: readonly Line[] = [];

  private constructor(store: Broker, socket: PrivateSocket, desks: StoreDesk[]) {
    this.#store = store;
    this.#socket = socket;
    this.#desks = desks;
  }

  static async open(store: Broker): Promise<Primary> {
    const desks: StoreDesk[] = [];
    const ends: Line[] = [];
    const socket = await PrivateSocket.open((stream) => {
      const desk = new StoreDesk(store, () => line);
      const line: Line = new Line({
        stream,
        clock: systemClock,
        asked: async (topic, json) => await desk.answer(topic, json),
        told: (topic, json, number) => void desk.hear(topic, json, number),
        closed: () => desk.close(),
      });
      desks.push(desk);
      ends.push(line);
    });
    const primary = new Primary(store, socket, desks);
    primary.#ends = ends;
    return primary;
  }

  get path(): string {
    return this.#socket.path;
  }

  async join(answerMs?: number): Promise<Worker> {
    const socket = connect(this.#socket.path);
    await once(socket, "connect");
    const broker: WorkerBroker = new WorkerBroker(() => line);
    const line: Line = new Line({
      stream: socket,
      clock: systemClock,
      ...(answerMs !== undefined && { answerMs }),
      asked: () => null,
      told: (topic, json, number) => void broker.hear(topic, json, number),
      closed: () => broker.lost(),
    });
    this.#lines.push(line);
    await broker.ping();
    const desk = this.#desks.at(-1);
    if (desk === undefined) throw new Error("the primary has not seen the worker");
    return { broker, line, socket, desk };
  }

  /** Goes away, as far as its workers see. */
  end(): void {
    for (const line of this.#ends) line.close();
  }

  close(): void {
    for (const line of this.#lines) line.close();
    this.#socket.close();
    this.#store.close();
  }
}

/** Everything said so far has come to all. */
export async function settled(...workers: readonly Pick<Worker, "broker">[]): Promise<void> {
  for (const { broker } of [...workers, ...workers]) await broker.ping();
}
