import type { Member } from "@openline/wire";
import type { HubClient } from "../client.ts";
import { ClientError } from "../errors.ts";
import type { JoinOptions, Message, Room, RoomState } from "../room.ts";

/** What a component shows of a room. A new object after each change. */
export interface RoomView<T = unknown> {
  /** `idle` until a component that shows the room is on the page, and on a server. */
  readonly state: RoomState | "idle";
  /** The newest messages, oldest first, at most `keep`. A run without holes, unless `gaps` counts some. */
  readonly messages: readonly Message<T>[];
  /** How often the messages began anew, because what was missed cannot be told any more: other things that the page has loaded are as old. */
  readonly restarts: number;
  /** How many messages the room's rules left out, because the connection was too slow. */
  readonly gaps: number;
  readonly members: readonly Member[];
  readonly memberCount: number;
  /** Why the room was left, when it was not by the components: the join was refused, or the server took the session out. */
  readonly error: ClientError | undefined;
}

/** How a component joins: as the first one that shows the room says. */
export interface RoomViewOptions extends JoinOptions {
  /** How many of the newest messages are kept. Default 100. */
  readonly keep?: number;
}

/** Of a room that nobody is in. */
export const idleView: RoomView<never> = Object.freeze({
  state: "idle",
  messages: Object.freeze([]),
  restarts: 0,
  gaps: 0,
  members: Object.freeze([]),
  memberCount: 0,
  error: undefined,
});

/** One room as components see it. It is joined while at least one of them is on the page. */
export class RoomStore {
  readonly #client: HubClient;
  readonly #name: string;
  readonly #listeners = new Set<() => void>();
  #room: Room | undefined;
  #endings: (() => void)[] = [];
  #view: RoomView = idleView;

  constructor(client: HubClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  get view(): RoomView {
    return this.#view;
  }

  /** Joins, if nobody else has. Returns the function that ends it; the room is left when the last one has ended, and did not come back in the same turn. */
  subscribe(listener: () => void, options: RoomViewOptions): () => void {
    // An own entry per call: React gives the same function again when it plays the effects of StrictMode.
    const entry = (): void => {
      listener();
    };
    this.#listeners.add(entry);
    if (this.#room === undefined) this.#join(options);
    return () => {
      this.#listeners.delete(entry);
      queueTurn(() => {
        if (this.#listeners.size === 0) this.#leave();
      });
    };
  }

  #join({ keep = 100, ...options }: RoomViewOptions): void {
    const room = this.#client.join(this.#name, options);
    this.#room = room;
    const show = (change: Partial<RoomView> = {}): void => {
      this.#show({ state: room.state, members: room.members, memberCount: room.memberCount, ...change });
    };
    this.#endings = [
      room.on("message", (message) => {
        show({ messages: [...this.#view.messages, message].slice(-keep) });
      }),
      room.on("insufficient", () => {
        show({ messages: [], gaps: 0, restarts: this.#view.restarts + 1 });
      }),
      room.on("gap", ({ count }) => {
        show({ gaps: this.#view.gaps + count });
      }),
      room.on("error", (error) => {
        show({ error });
      }),
      room.on("left", ({ code, message }) => {
        show({ error: new ClientError(code, message) });
      }),
      ...(["joined", "members"] as const).map((name) =>
        room.on(name, () => {
          show();
        }),
      ),
      this.#client.on("state", () => {
        show();
      }),
    ];
    show();
  }

  #leave(): void {
    for (const end of this.#endings) end();
    this.#endings = [];
    void this.#room?.leave();
    this.#room = undefined;
    this.#view = idleView;
  }

  #show(change: Partial<RoomView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Runs `action` when what runs now has ended. */
function queueTurn(action: () => void): void {
  void Promise.resolve().then(action);
}

const stores = new WeakMap<HubClient, Map<string, RoomStore>>();

/** The one store of a client's room. It holds nothing while no component shows the room. */
export function roomStore(client: HubClient, name: string): RoomStore {
  const ofClient = stores.get(client) ?? new Map<string, RoomStore>();
  stores.set(client, ofClient);
  const store = ofClient.get(name) ?? new RoomStore(client, name);
  ofClient.set(name, store);
  return store;
}
