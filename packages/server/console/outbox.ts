import type { Outgoing, OutgoingState } from "./timeline.ts";

/** One's own messages that the room has not yet repeated: shown at once, and taken out when the room's copy arrives. */
export class Outbox {
  readonly #entries = new Map<string, Outgoing>();
  readonly #onChange: (list: readonly Outgoing[]) => void;
  #connected = false;

  constructor(onChange: (list: readonly Outgoing[]) => void) {
    this.#onChange = onChange;
  }

  get list(): readonly Outgoing[] {
    return [...this.#entries.values()];
  }

  add(id: string, data: unknown, time: number): void {
    this.#entries.set(id, { id, data, time, state: this.#onItsWay });
    this.#tell();
  }

  find(id: string): Outgoing | undefined {
    return this.#entries.get(id);
  }

  /** Tries a failed one again, with its id: if it was stored after all, the hub knows it and stores no second one. */
  again(id: string): void {
    this.#set(id, this.#onItsWay);
  }

  /** The hub acknowledged it; the room's copy comes by itself. */
  stored(id: string): void {
    this.#set(id, "stored");
  }

  failed(id: string, reason: string): void {
    this.#set(id, "failed", reason);
  }

  /** The room's copy is there, or its owner gave it up. Returns whether it was one of one's own. */
  remove(id: string): boolean {
    const known = this.#entries.delete(id);
    if (known) this.#tell();
    return known;
  }

  connection(connected: boolean): void {
    this.#connected = connected;
    for (const entry of this.list) if (entry.state === "sending" || entry.state === "waiting") this.#put(entry, this.#onItsWay);
    this.#tell();
  }

  /** The room began anew: what the old history had acknowledged will not be repeated. */
  forgetStored(): void {
    for (const entry of this.list) if (entry.state === "stored") this.#entries.delete(entry.id);
    this.#tell();
  }

  clear(): void {
    this.#entries.clear();
    this.#tell();
  }

  get #onItsWay(): OutgoingState {
    return this.#connected ? "sending" : "waiting";
  }

  #set(id: string, state: OutgoingState, reason?: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#put(entry, state, reason);
    this.#tell();
  }

  #put({ id, data, time }: Outgoing, state: OutgoingState, reason?: string): void {
    this.#entries.set(id, { id, data, time, state, ...(reason === undefined ? {} : { reason }) });
  }

  #tell(): void {
    this.#onChange(this.list);
  }
}
