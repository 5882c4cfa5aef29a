import type { IncomingMessage } from "node:http";
import type { AddressInfo as NetAddressInfo } from "node:net";
import type { ClientOptions as Client } from "./client-options.ts";
import type { PerMessageDeflateOptions as Deflate } from "./deflate/deflate-settings.ts";
import type { EventListenerOptions as ListenerOptions } from "./event-target.ts";
import type * as events from "./events.ts";
import type { RawData as Raw } from "./payload.ts";
import type { ServerOptions as Options, VerifyClientAsync, VerifyClientSync } from "./server-options.ts";
import type { WebSocket as Socket } from "./websocket.ts";
import type { WebSocketServer as SocketServer } from "./websocket-server.ts";

// The names under which `@types/ws` has these types; `WebSocket.RawData` and its like lead here.

export type RawData = Raw;
/** What a message can be: text or {@link RawData}. */
export type Data = events.MessageData;
export type CertMeta = string | string[] | Buffer | Buffer[];
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = VerifyClientSync<Request>;
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = VerifyClientAsync<Request>;
export type FinishRequestCallback = NonNullable<Client["finishRequest"]>;
export type ClientOptions = Client;
export type PerMessageDeflateOptions = Deflate;
export type Event = events.Event;
export type ErrorEvent = events.ErrorEvent;
export type CloseEvent = events.CloseEvent;
export type MessageEvent = events.MessageEvent;
export type WebSocketEventMap = events.WebSocketEventMap;
export type EventListenerOptions = ListenerOptions;
export type AddressInfo = NetAddressInfo;
export type ServerOptions<T extends typeof Socket = typeof Socket, U extends typeof IncomingMessage = typeof IncomingMessage> = Options<
  T,
  U
>;
export type WebSocketServer<
  T extends typeof Socket = typeof Socket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> = SocketServer<T, U>;
export type WebSocket = Socket;
