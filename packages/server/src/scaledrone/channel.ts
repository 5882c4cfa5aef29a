import { createHash, timingSafeEqual } from "node:crypto";
import type { Broker } from "@openline/hub";
import { type PreparedFrame, prepare } from "@openline/ws";
import { OncePerMessage } from "../once-per-message.ts";
import { ChannelCensus } from "./channel-census.ts";
import { publishFrame, type RoomMessage } from "./drone-frames.ts";
import { DroneRoster } from "./drone-roster.ts";

/** A Scaledrone channel as it is configured: a namespace of rooms with a secret of its own. */
export interface ScaledroneChannelInput {
  /** Signs its tokens, and is the password of its REST calls. */
  readonly secret: string;
  /** What stands before its rooms' names in the hub. Default: the channel's id and a colon; "" makes its rooms the hub's own. */
  readonly prefix?: string | undefined;
  /** Whether clients must authenticate with a token before they may do anything. Default true. */
  readonly requireAuth?: boolean | undefined;
  /** Whether subscribers may ask for messages from before. Default false, as for a new channel at Scaledrone. */
  readonly history?: boolean | undefined;
}

/** The Scaledrone channels of a server, by id. */
export type ScaledroneChannels = Readonly<Record<string, ScaledroneChannelInput>>;

/** A channel with its defaults. */
export class ScaledroneChannel {
  readonly id: string;
  readonly secret: string;
  readonly requireAuth: boolean;
  readonly history: boolean;
  /** Who is in its observable rooms, for all clients of this node. */
  readonly roster: DroneRoster = new DroneRoster();
  /** Its clients and its rooms with somebody in them, on all nodes. */
  readonly census: ChannelCensus;
  /** What its clients are told of a message, framed once for all of them. */
  readonly frames: OncePerMessage<PreparedFrame, [message: RoomMessage, room: string]> = new OncePerMessage((_text, message, room) =>
    prepare(publishFrame(message, room)),
  );
  readonly #prefix: string;

  /** @param broker what carries rooms between nodes; undefined: this node is alone */
  constructor(
    id: string,
    { secret, prefix = `${id}:`, requireAuth = true, history = false }: ScaledroneChannelInput,
    broker?: Pick<Broker, "subscribe">,
  ) {
    this.id = id;
    this.census = new ChannelCensus({ channel: id, broker });
    this.secret = secret;
    this.requireAuth = requireAuth;
    this.history = history;
    this.#prefix = prefix;
  }

  /** The hub's room behind a room of the channel. */
  hubRoom(room: string): string {
    return this.#prefix + room;
  }

  /** The room of the channel behind a hub's room; `undefined` when it belongs to another one, or to the system. */
  roomOf(hubRoom: string): string | undefined {
    if (!hubRoom.startsWith(this.#prefix) || hubRoom.startsWith("$") || hubRoom.length === this.#prefix.length) return undefined;
    return hubRoom.slice(this.#prefix.length);
  }

  /** Whether this is the channel's secret, compared in a time that tells nothing. */
  isSecret(given: string): boolean {
    return timingSafeEqual(digest(given), digest(this.secret));
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Whether the members of a room are told to each other: its name says so. */
export const isObservable = (room: string): boolean => room.startsWith("observable-");
