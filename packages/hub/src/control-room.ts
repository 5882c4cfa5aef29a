import type { Wishes } from "./assignment.ts";
import type { Signal, Subscriber, Subscription } from "./broker.ts";
import type { Settings } from "./settings.ts";

/** The system room by which nodes tell each other what to do with somebody's sessions. */
export const controlRoom = "$control";

/** One session, or all of a user. */
export type Whom = { readonly session: string } | { readonly user: string };

/** What is to be done, and with whose sessions. */
export type Order = Whom &
  (
    | { readonly do: "disconnect"; readonly reason: string }
    | ({ readonly do: "join" } & Wishes)
    | { readonly do: "leave"; readonly room: string; readonly code: string; readonly message: string }
  );

/** This node's ear for orders of others. A broker of the hub's own has no other node: then nothing is listened to, nor told. */
export class ControlRoom implements Subscriber {
  readonly #settings: Settings;
  readonly #obey: (order: Order) => void;
  #subscription: Promise<Subscription> | undefined;
  /** By which a node knows its own voice. */
  #name: string | undefined;

  constructor(settings: Settings, obey: (order: Order) => void) {
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

  /** Tells the other nodes. */
  tell(order: Order): void {
    const { broker, clock, ids, ownsBroker } = this.#settings;
    if (ownsBroker) return;
    this.#name ??= ids.secret();
    broker.signal(controlRoom, { content: `"order":${JSON.stringify({ ...order, from: this.#name })}`, time: clock.now() });
  }

  /** No session is left here: there is nothing to obey. */
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
    const { order }: { readonly order?: unknown } = JSON.parse(`{${content}}`);
    if (!isObject(order) || (this.#name !== undefined && order["from"] === this.#name)) return;
    const read = readOrder(order);
    if (read !== undefined) this.#obey(read);
  }

  message(): void {}
  entered(): void {}
  exited(): void {}
  insufficient(): void {}
}

/** What another node, perhaps of another version, says: only what is understood is obeyed. */
function readOrder(order: Fields): Order | undefined {
  const whom = readWhom(order);
  if (whom === undefined) return undefined;
  const { do: what, room, reason, rewind, presence, data, code, message } = order;
  if (what === "disconnect") return typeof reason === "string" ? { do: what, ...whom, reason } : undefined;
  if (typeof room !== "string") return undefined;
  if (what === "join" && typeof rewind === "number" && typeof presence === "boolean")
    return { do: what, ...whom, room, rewind, presence, ...(data !== undefined && { data }) };
  if (what === "leave" && typeof code === "string" && typeof message === "string") return { do: what, ...whom, room, code, message };
  return undefined;
}

function readWhom({ session, user }: Fields): Whom | undefined {
  if (typeof session === "string") return { session };
  return typeof user === "string" ? { user } : undefined;
}

type Fields = Readonly<
  Partial<Record<"do" | "from" | "session" | "user" | "room" | "reason" | "rewind" | "presence" | "data" | "code" | "message", unknown>>
>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
