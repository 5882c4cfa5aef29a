import { Client, type Room } from "@openline/client";
import { WebSocket } from "@openline/ws";
import { hubCloseMeaning } from "./close-meaning.ts";
import type { ConnectSettings } from "./connect-settings.ts";
import { connectionFault } from "./connection-fault.ts";
import type { Line, LineEnd, LineEvents } from "./line.ts";
import { type TransportSettings, transportOptions } from "./transport-options.ts";

/** What a line to a hub goes by. */
export type HubLineSettings = Pick<ConnectSettings, "url" | "reconnect"> &
  TransportSettings & {
    readonly hub: NonNullable<ConnectSettings["hub"]>;
  };

/** A room of a hub as a {@link Line}: what is sent is published, JSON as what it means, everything else as text. */
export class HubLine implements Line {
  readonly #client: Client;
  readonly #room: Room;
  readonly #events: LineEvents;
  #isOver = false;
  /** Why the last attempt failed. */
  #fault: Error | undefined;

  constructor(settings: HubLineSettings, events: LineEvents) {
    const { url, hub, reconnect } = settings;
    this.#events = events;
    const { user, token, room, rewind } = hub;
    const faulted = (error: Error): void => {
      this.#fault = error;
    };
    this.#client = new Client(url, {
      // Header fields and TLS, which pages cannot set.
      WebSocket: class extends WebSocket {
        constructor(address: string, subprotocols?: string | string[]) {
          super(address, subprotocols, transportOptions(settings, events));
          this.on("error", faulted);
        }
      },
      ...(user !== undefined && { user }),
      ...(token !== undefined && { token }),
    });
    let wasConnected = reconnect;
    this.#client.on("state", (state, { reason, code, cause }) => {
      wasConnected ||= state === "connected";
      const fault = this.#fault === undefined ? undefined : connectionFault(this.#fault);
      if (state === "closed")
        this.#ended({ kind: "closed", code: code ?? 1006, reason: reason ?? cause ?? "", meaning: hubCloseMeaning(code ?? 1006) });
      // Who has never been in has the address wrong, or comes at a bad time: no waiting for that unless it was asked for.
      else if (state === "waiting" && !wasConnected) this.#ended({ kind: "failed", message: fault ?? reason ?? cause ?? "no connection" });
      else if (state === "waiting") events.note(`the line is lost${fault === undefined ? "" : `: ${fault}`}; trying again`);
    });
    this.#client.on("error", (error) => events.note(`${error.code}: ${error.message}`));
    this.#room = this.#client.join(room, { rewind, presence: true });
    this.#listen();
  }

  async send(content: string | Buffer): Promise<void> {
    await this.#room.publish(typeof content === "string" ? valueOf(content) : content.toString("base64"));
  }

  ping(): void {
    this.#events.note("the client pings by itself");
  }

  close(): void {
    this.#ended({ kind: "closed", code: 1000, reason: "" });
  }

  terminate(): void {
    this.close();
  }

  #listen(): void {
    const events = this.#events;
    const room = this.#room;
    room.on("joined", ({ recovered, memberCount }) => {
      const healed = recovered === true ? ", nothing was missed" : recovered === false ? ", something may be missing" : "";
      if (recovered === undefined) events.opened({ url: this.#client.url, subprotocol: "openline.v1", extensions: "" });
      events.note(`in ${room.name}: ${memberCount} ${memberCount === 1 ? "member" : "members"}${healed}`);
    });
    room.on("message", ({ data, user }) => events.message(user === undefined ? textOf(data) : `${user}: ${textOf(data)}`));
    room.on("ephemeral", ({ data, user }) => events.note(`${user ?? "somebody"}, not stored: ${textOf(data)}`));
    room.on("member-joined", ({ user, session }) => events.note(`${user ?? session} came`));
    room.on("member-left", ({ user, session }) => events.note(`${user ?? session} went`));
    room.on("gap", ({ count }) => events.note(`${count} messages were left out: this line was too slow`));
    const out = ({ message }: { readonly message: string }): void => this.#ended({ kind: "out", room: room.name, message });
    room.on("left", out);
    room.on("error", out);
  }

  #ended(end: LineEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#client.close();
    this.#events.ended(end);
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
