/** A publish of a witness. */
export interface Operation {
  readonly token: string;
  readonly padding: string;
}

/** Where a {@link Witness} stands in one room: the position to come back with, and the publishes that have no answer yet, in their order. */
export class RoomWitness {
  readonly name: string;
  rewind = 0;
  position: string | undefined;
  /** The last one acknowledged, and when it was for the first time. */
  last: { readonly operation: Operation; readonly at: number } | undefined;
  #joinRef: number | undefined;
  #isJoined = false;
  #mustJoin = false;
  /** Sent and not answered: ref -> publish. */
  readonly #sent = new Map<number, Operation>();
  /** Without an outcome: to be sent again before anything else. */
  #held: Operation[] = [];
  /** Publishes in the order of their first attempts. */
  #order: Operation[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** The last attempt was refused. */
  get mustJoin(): boolean {
    return this.#mustJoin;
  }

  /** An earlier publish must be settled before a new one, or the order would be lost (hub-v1, Publishing). */
  get isHeld(): boolean {
    return this.#held.length > 0;
  }

  get waiting(): number {
    return this.#sent.size + this.#held.length;
  }

  asked(ref: number): void {
    this.#joinRef = ref;
    this.#isJoined = false;
    this.#mustJoin = false;
  }

  /** Returns whether `ref` is that of the last join. */
  joined(ref: number, position: string, replay: number, recovered: boolean | undefined): boolean {
    if (ref !== this.#joinRef) return false;
    this.#joinRef = undefined;
    this.#isJoined = true;
    // Until the first message of a replay is there, one stands where one stood; of a rewind, nowhere.
    if (replay === 0) this.position = position;
    else if (recovered !== true) this.position = undefined;
    return true;
  }

  joinRefused(ref: number): boolean {
    if (ref !== this.#joinRef) return false;
    this.#joinRef = undefined;
    this.#mustJoin = true;
    return true;
  }

  sent(ref: number, operation: Operation): void {
    this.#sent.set(ref, operation);
    if (!this.#order.includes(operation)) this.#order.push(operation);
  }

  answered(ref: number): Operation | undefined {
    const operation = this.#sent.get(ref);
    this.#sent.delete(ref);
    // A repetition may be under way still: until it is answered, too, the server may hold later ones back for it.
    const isUnderWay = operation !== undefined && ([...this.#sent.values()].includes(operation) || this.#held.includes(operation));
    if (!isUnderWay) this.#order = this.#order.filter((other) => other !== operation);
    return operation;
  }

  /** The outcome is unknown: it waits for {@link RoomWitness.takeHeld}. */
  hold(ref: number): boolean {
    const operation = this.#sent.get(ref);
    if (operation === undefined) return false;
    this.#sent.delete(ref);
    this.#held.push(operation);
    return true;
  }

  /** What must be sent again, in order, once nothing is under way any more. */
  takeHeld(): readonly Operation[] {
    if (this.#sent.size > 0) return [];
    const held = this.#order.filter((operation) => this.#held.includes(operation));
    this.#held = [];
    return held;
  }

  lost(): void {
    this.#isJoined = false;
    this.#joinRef = undefined;
    this.#mustJoin = false;
    this.#held = [...this.#order];
    this.#sent.clear();
  }

  /** The publishes without an answer never get one. */
  forget(): void {
    this.last = undefined;
    this.#held = [];
    this.#order = [];
    this.#sent.clear();
  }
}
