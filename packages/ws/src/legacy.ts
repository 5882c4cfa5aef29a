import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type HixieOpening, hixieHead, type Profile, readHixieRequest } from "@openline/protocol";
import type { GoodRequest } from "./admission.ts";
import { HixieStream } from "./hixie-stream.ts";
import type { ServerOptions } from "./server-options.ts";

/** What a request of the Hixie drafts asks for, on a server with `legacy: true`; undefined for every other request. */
export function legacyOpening(options: Pick<ServerOptions, "legacy">, request: Partial<IncomingMessage>): HixieOpening | undefined {
  if (options.legacy !== true) return undefined;
  return readHixieRequest({ method: request.method, target: request.url, fields: request.headers ?? {} });
}

/** The same as the checks of today's handshake take it: no key, no version, no extensions. */
export function legacyVerdict({ subprotocols, origin }: HixieOpening): GoodRequest {
  return { ok: true, key: "", version: 0, subprotocols, extensions: [], origin };
}

/** What goes into the answer. */
export interface LegacyAnswer {
  readonly isSecure: boolean;
  readonly subprotocol: string | undefined;
  readonly options: Pick<ServerOptions, "maxPayload" | "handshakeTimeout">;
  readonly profile: Profile;
}

/** Sends the head of the answer, without waiting for the eight bytes of hixie-76. What is answered is the transport to give to the socket. */
export function acceptLegacy(socket: Duplex, head: Buffer, opening: HixieOpening, answer: LegacyAnswer): HixieStream {
  const { isSecure, subprotocol, options, profile } = answer;
  socket.write(hixieHead(opening, { isSecure, subprotocol }), "latin1");
  const { maxPayload = profile.maxPayloadBytes, handshakeTimeout = profile.handshakeTimeoutMs } = options;
  // `ws` writes 0 for no limit.
  const maxPayloadBytes = maxPayload === 0 ? Number.POSITIVE_INFINITY : maxPayload;
  return new HixieStream(socket, head, opening, { maxPayloadBytes, nonceTimeoutMs: handshakeTimeout });
}
