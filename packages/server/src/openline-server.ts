import type { Server as HttpServer, RequestListener } from "node:http";
import type { Broker, Hub } from "@openline/hub";
import type { AccessFunctions } from "./auth/entrance.ts";
import type { Hooks, RoomHooks } from "./hooks.ts";
import type { Logger } from "./log.ts";
import type { MountableServer } from "./mount.ts";
import type { RoomHandle } from "./room-handle.ts";
import type { KnownRoom, MessageIn, MessageOut, NoSchemas, RoomSchemas } from "./room-types.ts";
import type { DisconnectOutcome, Whom } from "./routes/room-service.ts";
import type { Settings } from "./settings.ts";
import type { SettingsInput } from "./settings-schema.ts";
import type { UpgradeListener } from "./upgrade.ts";
import type { Siblings } from "./workers/siblings.ts";

/** What a server is made of: {@link SettingsInput}, and parts that a program brings itself. */
export interface ServerOptions<Schemas extends RoomSchemas = NoSchemas> extends Omit<SettingsInput, "broker" | "workers">, AccessFunctions {
  /** Are asked before and told after clients act; docs/embedding.md. */
  readonly hooks?: Hooks;
  /** What messages look like, by pattern of room names: valibot, zod or any other Standard Schema. What does not pass is refused with `bad-message`. */
  readonly schemas?: Schemas;
  /** After how long a hook that does not answer refuses, in milliseconds. Default 10,000. */
  readonly hookTimeoutMs?: number;
  /** Where rooms are shared: the address of a Redis, or a broker of the program's own, which stays its owner's to close. */
  readonly broker?: string | Broker | undefined;
  /** Default: a log on standard output in the settings' level and format. */
  readonly log?: Logger;
  /** The folder of the console page. Default: the one that the build made. */
  readonly consoleFolder?: string;
  /** For a server that is one of several workers. @internal */
  readonly siblings?: Siblings | undefined;
}

/** How a server is closed. */
export interface CloseOptions {
  /** What clients are told: 1001, the server goes away, or 1012, it restarts. Default: the setting `drainCode`. */
  readonly code?: 1001 | 1012;
  /** How long the closing handshakes and the requests under way may take, in milliseconds. Default: the setting `drainMs`. */
  readonly graceMs?: number;
  /** How long clients are still let in before, while `/ready` says no already, in milliseconds. Default: the setting `drainDelayMs`. */
  readonly delayMs?: number;
  /** For how long connections that were accepted before the port was closed may still make their handshake, in milliseconds. Default 0. */
  readonly lingerMs?: number;
  /** Over how long the closes are spread, in milliseconds. Default: the setting `drainSpreadMs`, or one for each connection, at most half of `graceMs`. */
  readonly spreadMs?: number;
  /** With 1012: within which time clients are asked to come back, each at one of its own, in milliseconds. Default: the setting `drainRetryMs`. */
  readonly retryWithinMs?: number;
}

/** Where a server listens. */
export interface Listening {
  /** The addresses to open, with the base path; the first one is the one to show. */
  readonly urls: readonly string[];
  readonly port: number;
  /** Whether more than this machine can reach it. */
  readonly isOpen: boolean;
}

/** Hub, WebSocket, HTTP API and page, put together. `Schemas` are the types of the rooms' messages. */
export interface OpenlineServer<Schemas extends RoomSchemas = NoSchemas> {
  readonly settings: Settings;
  readonly hub: Hub;
  /** The listening servers: none before `listen`, two where `localhost` has two address families. */
  readonly http: readonly HttpServer[];
  /** For a server of the program's own: its `request` listener. */
  readonly onRequest: RequestListener;
  /** For a server of the program's own: its `upgrade` listener. */
  readonly onUpgrade: UpgradeListener;
  /** Opens the store, then starts to listen. @throws BrokerError, or the system's error, such as EADDRINUSE; nothing stays open then */
  listen(): Promise<Listening>;
  /**
   * Serves from an http or http2 server of the application's own (Express, Fastify, Hono …) what lies below the base path; the rest, and listening, stays the
   * application's. Call it when the application has put its listeners there. `close` gives the listeners back and leaves the http server open.
   * @throws SettingsError when nothing says who may come in: `anonymous`, `authenticate`, `jwt`, `apiKeys`, `ask` or a `beforeConnect` hook
   */
  mount(http: MountableServer): Promise<void>;
  /** A room to publish to and to look into, with the types of its schema. */
  room<const Name extends KnownRoom<Schemas>>(name: Name): RoomHandle<MessageIn<Schemas, Name>, MessageOut<Schemas, Name>>;
  /** Adds hooks for the rooms of a pattern, or for the whole server. Returns the function that takes them away. */
  hook<const Pattern extends (keyof Schemas & string) | (string & {})>(
    pattern: Pattern,
    hooks: RoomHooks<MessageIn<Schemas, Pattern>, MessageOut<Schemas, Pattern>>,
  ): () => void;
  hook(hooks: Hooks): () => void;
  /** Sends to every connection of a user, on all nodes. Returns how many sessions were connected. @throws TypeError for what is no name or no JSON */
  send(user: string, data: unknown): Promise<number>;
  /** Disconnects a session, or all sessions of a user, on all nodes (4404). */
  disconnect(whom: Whom, reason?: string): Promise<DisconnectOutcome>;
  /** Reads the files of `tls` again, for connections from now on. @throws what makes them unusable, and then everything is as it was */
  reloadCertificates(): void;
  /** Takes nothing more, lets what is under way end, closes every connection. Resolves when all is closed, within `graceMs`. */
  close(options?: CloseOptions): Promise<void>;
}
