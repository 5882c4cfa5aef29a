import { parseClientMessage } from "@openline/wire";
import { assign, type Wishes } from "./assignment.ts";
import { ControlRoom, type Order, type Whom } from "./control-room.ts";
import type { LeaveReason, PutOptions } from "./hub-options.ts";
import type { OpenRooms } from "./open-rooms.ts";
import type { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";

/** What the application does with somebody's sessions: done here, and told to the other nodes; and what other nodes tell, done here. */
export class Orders {
  readonly #settings: Settings;
  readonly #rooms: OpenRooms;
  readonly #sessions: Sessions;
  readonly #control: ControlRoom;

  constructor(settings: Settings, rooms: OpenRooms, sessions: Sessions) {
    this.#settings = settings;
    this.#rooms = rooms;
    this.#sessions = sessions;
    this.#control = new ControlRoom(settings, (order) => {
      this.#obey(order).catch((error: unknown) => settings.log({ type: "fault", error }));
    });
  }

  /** Begins to listen to other nodes, unless it does. */
  listen(): void {
    this.#control.listen();
  }

  /** No session is left here that could be meant. */
  rest(): void {
    this.#control.rest();
  }

  /**
   * Puts sessions into a room; resolves with how many of this node are in it then.
   * @throws TypeError when `room`, `rewind` or `data` break the wire's rules; RangeError when a session is in as many rooms as it may be; what the broker threw.
   */
  async join(whom: Whom, room: string, { rewind = 0, presence = false, data }: PutOptions): Promise<number> {
    const wishes = { room, rewind, presence, ...(data !== undefined && { data }) };
    this.#check(wishes);
    this.#control.tell({ do: "join", ...whom, ...wishes });
    return await this.#joinHere(whom, wishes);
  }

  /** Takes sessions out of a room; resolves with how many of this node were in it. */
  async leave(
    whom: Whom,
    room: string,
    { code = "removed", message = "the application took the session out of the room" }: LeaveReason,
  ): Promise<number> {
    this.#control.tell({ do: "leave", ...whom, room, code, message });
    return await this.#leaveHere(whom, room, { code, message });
  }

  /** Ends sessions, and closes their connections with 4404. Returns how many connected ones of this node it met. */
  disconnect(whom: Whom, reason: string): number {
    const met = this.#disconnectHere(whom, reason);
    this.#control.tell({ do: "disconnect", ...whom, reason });
    return met;
  }

  async #obey(order: Order): Promise<void> {
    if (order.do === "disconnect") this.#disconnectHere(order, order.reason);
    else if (order.do === "leave") await this.#leaveHere(order, order.room, order);
    else {
      const { room, rewind, presence, data } = order;
      await this.#joinHere(order, { room, rewind, presence, ...(data !== undefined && { data }) });
    }
  }

  async #joinHere(whom: Whom, wishes: Wishes): Promise<number> {
    const context = { rooms: this.#rooms, settings: this.#settings };
    const ends = await Promise.all(
      this.#sessions.of(whom).map((session) => session.lanes.run(wishes.room, async () => await assign({ ...context, session }, wishes))),
    );
    return ends.filter(Boolean).length;
  }

  async #leaveHere(whom: Whom, room: string, { code, message }: Required<LeaveReason>): Promise<number> {
    const ends = await Promise.all(
      this.#sessions.of(whom).map((session) =>
        session.lanes.run(room, () => {
          if (!session.leave(room)) return false;
          session.removals.set(room, message);
          session.connection?.send({ type: "left", room, code, message });
          return true;
        }),
      ),
    );
    return ends.filter(Boolean).length;
  }

  #disconnectHere(whom: Whom, reason: string): number {
    const met = this.#sessions.of(whom);
    const connected = met.filter(({ connection }) => connection !== undefined).length;
    for (const one of met) {
      one.connection?.close(4404, reason);
      one.end("closed");
    }
    return connected;
  }

  #check(wishes: Wishes): void {
    const parsed = parseClientMessage(JSON.stringify({ ...wishes, type: "join", ref: 0 }), this.#settings.limits);
    if (!parsed.ok) throw new TypeError(parsed.error.message);
    if (wishes.room.startsWith("$")) throw new TypeError(`room ${JSON.stringify(wishes.room)} begins with $ and belongs to the system`);
  }
}
