import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "@openline/ws";
import type { Crew } from "./workers-fixture.ts";

/** Connects and goes, again and again, three at a time. */
export class Visitors {
  readonly #refused: string[] = [];
  readonly #done: Promise<void>;
  #opened = 0;
  #isOver = false;

  constructor({ port }: Pick<Crew, "port">) {
    const lane = async (): Promise<void> => {
      while (!this.#isOver) {
        await this.#visit(port);
        await delay(5);
      }
    };
    this.#done = Promise.all([1, 2, 3].map(lane)).then(() => undefined);
  }

  async stop(): Promise<{ opened: number; refused: readonly string[] }> {
    this.#isOver = true;
    await this.#done;
    return { opened: this.#opened, refused: this.#refused };
  }

  async #visit(port: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/hub`);
    await new Promise<void>((resolve) => {
      socket.on("open", () => {
        this.#opened++;
        socket.close();
      });
      socket.on("error", (error) => this.#refused.push(error.message));
      socket.on("close", () => resolve());
    });
  }
}
