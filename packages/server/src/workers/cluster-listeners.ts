import { type AsyncHook, createHook } from "node:async_hooks";

/** A listening socket as Node holds it. */
interface Listener {
  close(): void;
}

/**
 * The listening sockets by which Node's cluster accepts for its workers. Cluster has no word for "accept no more, but hand out what you have": so they are
 * noted when they are made, and closed under it. Another process that has the same sockets goes on with the queue of the kernel.
 */
export class ClusterListeners {
  readonly #listeners = new Set<Listener>();
  readonly #hook: AsyncHook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === "TCPSERVERWRAP" && isListener(resource)) this.#listeners.add(resource);
    },
  });

  /** Notes what is made from now on. That costs time at every promise: only while workers begin. */
  watch(): void {
    this.#hook.enable();
  }

  rest(): void {
    this.#hook.disable();
  }

  /** Closes those that were noted. @returns how many */
  close(): number {
    this.rest();
    const count = this.#listeners.size;
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    return count;
  }
}

function isListener(resource: object): resource is Listener {
  return "close" in resource && typeof resource.close === "function";
}
