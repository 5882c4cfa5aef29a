import type { Signal, Subscriber, Subscription } from "./broker.ts";
import type { Settings } from "./settings.ts";

/** The system room by which nodes tell each other to disconnect somebody. */
export const controlRoom = "$control";

/** Whom to disconnect, and what to tell them. */
export interface DisconnectOrder {
  readonly session?: string;
  readonly user?: string;
  readonly reason: string;
}

/** This node's ear for orders of others. A broker of the hub's own has no other node: then nothing is listened to, nor told. */
export class ControlRoom implements Subscriber {
  readonly #settings: Settings;
  readonly #obey: (order: DisconnectOrder) => void;
  #subscription: Promise<Subscription> | undefined;

  constructor(settings: Settings, obey: (order: DisconnectOrder) => void) {
    this.#settings = settings;
    this.#obey = obey;
  }

  /** Begins to listen, unless it does; a failure is written down, and the next call tries again. */
  listen(): void {
    if (this.#settings.ownsBroker || this.#subscription !== undefined) return;
    const subscription = this.#settings.broker.subscribe(controlRoom, this);
    this.#subscription = subscription;
    subscription.catch((error: unknown) => {
      if (this.#subscription === subscription) this.#subscription = undefined;
      this.#settings.log({ type: "fault", error });
    });
  }

  /** Does it here, and tells the other nodes. */
  order(order: DisconnectOrder): void {
    this.#obey(order);
    if (this.#settings.ownsBroker) return;
    this.#settings.broker.signal(controlRoom, { content: `"disconnect":${JSON.stringify(order)}`, time: this.#settings.clock.now() });
  }

  /** Nobody is connected here any more: there is nothing to obey. */
  rest(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    // One that failed was written down when it did.
    subscription?.then(
      (open) => open.close(),
      () => undefined,
    );
  }

  signal({ content }: Signal): void {
    const order = readOrder(content);
    if (order !== undefined) this.#obey(order);
  }

  message(): void {}
  entered(): void {}
  exited(): void {}
  insufficient(): void {}
}

/** What another node, perhaps of another version, says: only what is understood is obeyed. */
function readOrder(content: string): DisconnectOrder | undefined {
  const { disconnect }: { readonly disconnect?: unknown } = JSON.parse(`{${content}}`);
  if (!isObject(disconnect)) return undefined;
  const { session, user, reason } = disconnect;
  if (typeof reason !== "string") return undefined;
  if (typeof session === "string") return { session, reason };
  return typeof user === "string" ? { user, reason } : undefined;
}

function isObject(value: unknown): value is { readonly session?: unknown; readonly user?: unknown; readonly reason?: unknown } {
  return typeof value === "object" && value !== null;
}
