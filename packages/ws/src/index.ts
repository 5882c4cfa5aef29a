import { broadcast, prepare } from "./broadcast.ts";
import { extension } from "./extension.ts";
import { PerMessageDeflate } from "./permessage-deflate.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { subprotocol } from "./subprotocol.ts";
import { WebSocket } from "./websocket.ts";
import { WebSocketServer } from "./websocket-server.ts";
import { createWebSocketStream } from "./websocket-stream.ts";

export type { PreparedFrame } from "@openline/protocol";
export { ClosedError, HandshakeError, ProtocolError, UsageError } from "@openline/protocol";
export { AddressCap } from "./address-cap.ts";
export type { BroadcastOptions } from "./broadcast.ts";
export type { ClientOptions } from "./client-options.ts";
export type { PerMessageDeflateOptions } from "./deflate/deflate-settings.ts";
export type { DrainOptions, DrainOutcome } from "./drain.ts";
export type { ExtensionOptions, UsedExtension } from "./endpoint-extensions.ts";
export type { EndpointOptions, HeartbeatOptions } from "./endpoint-options.ts";
export type { EventListener, EventListenerOptions } from "./event-target.ts";
export { CloseEvent, ErrorEvent, Event, type MessageData, MessageEvent, type WebSocketEventMap, type WebSocketEvents } from "./events.ts";
export { type DriverReport, driverReport } from "./fast-driver/driver-report.ts";
export type { FrameList, FrameOptions } from "./frame-list.ts";
export type { HandlerErrorPolicy } from "./handler-errors.ts";
export type { HandshakeCheck, HandshakeInfo, HandshakeVerdict } from "./handshake-checks.ts";
export { type ConnectListener, listenForConnects } from "./http2/connect-listener.ts";
export type { Http2Options } from "./http2/http2-options.ts";
export { Http2Request } from "./http2/http2-request.ts";
export { isHttp2Server } from "./http2/node-http2.ts";
export { SessionBook } from "./http2/session-book.ts";
export type { IncomingMessageStream, MessageStreams } from "./incoming-streams.ts";
export type { CheckedMessage, MessageCheck, MessageVerdict } from "./message-checks.ts";
export type { Deflated, EndpointExtension, Inflated, InflateFault, MessageCodec } from "./message-codec.ts";
export type { MessageIterator, ReceivedMessage } from "./message-iterator.ts";
export type { MessagePiece, MessageStreamOptions } from "./message-sender.ts";
export type { MessageWritable } from "./message-writable.ts";
export type {
  AddressInfo,
  CertMeta,
  Data,
  FinishRequestCallback,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from "./names-of-ws.ts";
export type { Origins } from "./origin-policy.ts";
export type { SendOptions } from "./outbound.ts";
export type { BinaryType, RawData, SendData } from "./payload.ts";
export type { AgreedParameters, PerMessageDeflateSetup } from "./permessage-deflate.ts";
export type { ReceiverOptions } from "./receiver.ts";
export { type ResponseFields, refuse as refuseUpgrade } from "./refusal.ts";
export type { SendCallback } from "./send-callbacks.ts";
export type { SenderOptions } from "./sender.ts";
export type { ClientInfo, ServerOptions, VerifyAnswer, VerifyClientAsync, VerifyClientSync } from "./server-options.ts";
export type { Handshake, SocketSetup } from "./socket-setup.ts";
export type { MessageSource, SendStreamOptions } from "./stream-send.ts";
export type { SubprotocolHandler, SubprotocolRoutes } from "./subprotocol-router.ts";
export type { TextProbes } from "./text-heartbeat.ts";
export { type CertificateChanges, type CertificateSource, Certificates, type TlsSettings } from "./tls/certificates.ts";
export { type ProxiedRequest, type RequestSource, TrustedProxies } from "./trusted-proxies.ts";
export type { UpgradeCallback, WebSocketServerEvents } from "./websocket-server.ts";
export {
  broadcast,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  prepare,
  Receiver,
  Sender,
  subprotocol,
  WebSocket,
  WebSocketServer,
  // Programs compiled to CommonJS import it by this name, too.
  WebSocketServer as Server,
};

Object.assign(WebSocket, {
  WebSocket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
  Receiver,
  Sender,
  PerMessageDeflate,
  extension,
  subprotocol,
  broadcast,
  prepare,
});

/** What `require("@openline/ws")` gives: the class, with the other exports on it. */
export { WebSocket as "module.exports" };

// House rule: no default exports. This one stands because `import WebSocket from "ws"` is how the package we replace is imported.
export default WebSocket;
