import assert from "node:assert/strict";
import type { Hub, OutgoingMessage, Transport } from "@openline/hub";
import { decodePosition } from "@openline/hub";
import { until } from "./system-clock.ts";

/** What a client heard without a break: from where it was told to stand, message after message. */
interface Stretch {
  readonly from: string;
  readonly positions: string[];
}

/** Holds what clients heard against what publishers were told. */
export class Checker {
  /** Position -> data, of every publish that was acknowledged. */
  readonly acknowledged = new Map<string, string>();
  unknown = 0;
  #summary = "";

  acknowledge(position: string, data: string): void {
    this.acknowledged.set(position, data);
  }

  /**
   * Within each stretch: the right data, and no acknowledged message left out. Order, links and duplicates are checked as they come
   * ({@link CheckedClient}). @throws the first thing found wrong
   */
  verdict(clients: readonly CheckedClient[]): void {
    for (const client of clients) {
      if (client.failure !== undefined) throw client.failure;
      for (const stretch of client.stretches) this.#checkStretch(client, stretch);
    }
    const count = (key: "delivered" | "insufficient" | "recoveredTrue" | "recoveredFalse"): number =>
      clients.reduce((sum, client) => sum + client[key], 0);
    this.#summary = `acknowledged ${this.acknowledged.size}, unknown ${this.unknown}, delivered ${count("delivered")}, insufficient ${count("insufficient")}, recovered ${count("recoveredTrue")}, refused ${count("recoveredFalse")}`;
  }

  summary(): string {
    return this.#summary;
  }

  /** How many acknowledged messages after its first position some client never heard. */
  lostOf(clients: readonly CheckedClient[]): number {
    let lost = 0;
    for (const { stretches } of clients) {
      const heard = new Set(stretches.flatMap(({ positions }) => positions));
      const from = decodePosition(stretches[0]?.from ?? "")?.offset ?? 0;
      for (const position of this.acknowledged.keys()) if ((decodePosition(position)?.offset ?? 0) > from && !heard.has(position)) lost++;
    }
    return lost;
  }

  #checkStretch(client: CheckedClient, { from, positions }: Stretch): void {
    const [start, end] = [decodePosition(from), decodePosition(positions.at(-1) ?? from)];
    assert.ok(start !== undefined && end !== undefined);
    const heard = new Set(positions);
    const offsets = new Set(positions.map((position) => decodePosition(position)?.offset));
    for (const position of this.acknowledged.keys()) {
      const place = decodePosition(position);
      if (place === undefined || place.epoch !== start.epoch || place.offset <= start.offset || place.offset > end.offset) continue;
      if (!heard.has(position) && offsets.has(place.offset)) {
        // The store fell back and went on: the client knows another history, so it must have been told.
        assert.notEqual(client.stretches.at(-1)?.from, from, `${client.name} was never told that ${position} is another history`);
        continue;
      }
      assert.ok(heard.has(position), `${client.name} never heard ${position}, between ${from} and ${positions.at(-1)} without a word`);
    }
  }
}

/** A client of a hub that checks every message by its link, and keeps what the checker wants to see at the end. */
export class CheckedClient {
  readonly name: string;
  readonly stretches: Stretch[] = [];
  delivered = 0;
  insufficient = 0;
  recoveredTrue = 0;
  recoveredFalse = 0;
  position: string | undefined;
  failure: unknown;
  #checker: Checker;
  #connection: ReturnType<Hub["open"]> | undefined;
  #isJoined = false;
  #ref = 0;

  constructor(name: string, checker: Checker) {
    this.name = name;
    this.#checker = checker;
  }

  get isThere(): boolean {
    return this.#isJoined;
  }

  connect(hub: Hub): void {
    const transport: Transport = { kind: "test", send: (message) => this.#receive(message), close: () => {} };
    this.#connection = hub.open(transport);
    this.#say({ type: "connect", version: 1 });
  }

  disconnect(): void {
    this.#connection?.closed(1006, false);
    this.#connection = undefined;
    this.#isJoined = false;
  }

  /** Joins from where it stands; again and again while the store is away. */
  async join(): Promise<void> {
    await until(`${this.name} joined`, async () => {
      this.#say({ type: "join", room: "room", ...(this.position !== undefined && { position: this.position }) });
      await until("an answer", () => this.#isJoined, 1_000).catch(() => {});
      return this.#isJoined;
    });
  }

  #say(message: object): void {
    this.#connection?.receive(JSON.stringify({ ...message, ref: ++this.#ref }));
  }

  #receive({ text }: OutgoingMessage): boolean {
    try {
      this.#hear(JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      this.failure ??= error;
    }
    return true;
  }

  #hear(message: Record<string, unknown>): void {
    const { type, position } = message;
    if (type === "joined") this.#joined(message, String(position));
    else if (type === "message") this.#message(message, String(position));
    else if (type === "insufficient") {
      this.insufficient++;
      this.#begin(String(position));
    }
  }

  #joined({ recovered, replay }: Record<string, unknown>, position: string): void {
    this.#isJoined = true;
    if (recovered === true) this.recoveredTrue++;
    else {
      if (recovered === false) this.recoveredFalse++;
      assert.equal(replay, 0);
      this.#begin(position);
    }
  }

  #begin(position: string): void {
    this.position = position;
    this.stretches.push({ from: position, positions: [] });
  }

  #message({ previous, data }: Record<string, unknown>, position: string): void {
    this.delivered++;
    const isFirst = decodePosition(this.position ?? "")?.offset === 0;
    assert.equal(previous, isFirst ? null : this.position, `${this.name}: lost, doubled or out of order before ${position}`);
    const acknowledged = this.#checker.acknowledged.get(position);
    if (acknowledged !== undefined) assert.equal(data, acknowledged);
    this.position = position;
    this.stretches.at(-1)?.positions.push(position);
  }
}
