export type { Clock } from "./clock.ts";
export {
  type ConnectionEvents,
  type ConnectionProtocol,
  type ConnectionSource,
  SockjsConnection,
} from "./connection.ts";
export type { JsessionidOption } from "./cookie.ts";
export { type EncodedMessage, encodeMessage } from "./frames.ts";
export type { Admission, Admit, SockjsOptions, SockjsSettings } from "./options.ts";
export { createServer, type SessionTarget, type SockjsEndpoint, SockjsServer } from "./server.ts";
