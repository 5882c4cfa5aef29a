/** Work of one session in one room: done one after another, so that answers keep the order of the requests. */
export type Task = () => Promise<void> | void;

/**
 * One queue of tasks per key. A task begins in a later turn than the call that brought it: whoever is called from within a
 * delivery cannot come before what is being delivered.
 */
export class Lanes {
  readonly #queues = new Map<string, Task[]>();
  readonly #onFault: (error: unknown) => void;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** How many keys have work. */
  get size(): number {
    return this.#queues.size;
  }

  add(key: string, task: Task): void {
    const queue = this.#queues.get(key);
    if (queue !== undefined) {
      queue.push(task);
      return;
    }
    const fresh = [task];
    this.#queues.set(key, fresh);
    void this.#run(key, fresh);
  }

  /** As `add`, and tells what the task gave or threw. */
  run<T>(key: string, task: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.add(key, async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  async #run(key: string, queue: Task[]): Promise<void> {
    await Promise.resolve();
    for (let index = 0; index < queue.length; index++) {
      try {
        await queue[index]?.();
      } catch (error) {
        this.#onFault(error);
      }
      // What is done is let go of, though the queue may never run empty.
      if (index === 255) index -= queue.splice(0, 256).length;
    }
    this.#queues.delete(key);
  }
}
