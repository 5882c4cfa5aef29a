// What became of sockets, callbacks and promises: each must end exactly once, and nothing may go unhandled.
import assert from "node:assert/strict";
import type { WebSocket } from "@openline/ws";

export class Fates {
  readonly #closes = new Map<string, number>();
  readonly #afterClose: string[] = [];
  readonly #callbacks = new Map<() => void, { readonly name: string; calls: number }>();
  #pendingPromises = 0;
  readonly #unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.#unhandled.push(error);

  constructor() {
    process.on("uncaughtException", this.#onUnhandled);
    process.on("unhandledRejection", this.#onUnhandled);
  }

  watch(socket: WebSocket, who: string): void {
    this.#closes.set(who, 0);
    socket.on("close", () => this.#closes.set(who, (this.#closes.get(who) ?? 0) + 1));
    for (const event of ["open", "message", "ping", "pong", "drain", "error"] as const) {
      socket.on(event, () => {
        if (this.#closes.get(who) !== 0) this.#afterClose.push(`${who}: ${event}`);
      });
    }
  }

  callback(name: string): () => void {
    const callback = (): void => {
      const fate = this.#callbacks.get(callback);
      if (fate !== undefined) fate.calls++;
    };
    this.#callbacks.set(callback, { name, calls: 0 });
    return callback;
  }

  /** The call threw: its callback must not be called. */
  forget(callback: (() => void) | undefined): void {
    const fate = callback === undefined ? undefined : this.#callbacks.get(callback);
    if (fate === undefined) return;
    assert.equal(fate.calls, 0, `${fate.name} threw, and called its callback`);
    fate.calls = 1;
  }

  settles(_name: string, promise: Promise<unknown>): void {
    this.#pendingPromises++;
    promise
      .catch(() => undefined)
      .finally(() => this.#pendingPromises--)
      .catch(() => undefined);
  }

  get areOver(): boolean {
    return [...this.#closes.values()].every((count) => count > 0) && this.#waiting().length === 0 && this.#pendingPromises === 0;
  }

  #waiting(): string[] {
    return [...this.#callbacks.values()].filter(({ calls }) => calls === 0).map(({ name }) => name);
  }

  check(): void {
    process.off("uncaughtException", this.#onUnhandled);
    process.off("unhandledRejection", this.#onUnhandled);
    if (this.#unhandled.length > 0) throw new Error(`went unhandled: ${detail(this.#unhandled[0])}`, { cause: this.#unhandled[0] });
    for (const [who, count] of this.#closes) assert.equal(count, 1, `${who} emitted close ${count} times`);
    assert.deepEqual(this.#afterClose, [], "events came after close");
    assert.deepEqual(this.#waiting(), [], "callbacks were never called");
    const twice = [...this.#callbacks.values()].filter(({ calls }) => calls > 1).map(({ name }) => name);
    assert.deepEqual(twice, [], "callbacks were called more than once");
    assert.equal(this.#pendingPromises, 0, "promises never settled");
  }
}

function detail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
