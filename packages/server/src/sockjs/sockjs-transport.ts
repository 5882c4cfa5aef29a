import type { ConnectionInfo, Hub, OutgoingMessage, Transport } from "@openline/hub";
import { type EncodedMessage, encodeMessage, type SockjsConnection } from "@openline/sockjs";
import { actGuard } from "../act-guard.ts";
import type { Logger } from "../log.ts";
import { OncePerMessage } from "../once-per-message.ts";

const encoded = new OncePerMessage((text): EncodedMessage => encodeMessage(text));

/** A SockJS connection as the hub sees it. A message that goes to many is encoded once. */
export class SockjsTransport implements Transport {
  readonly kind = "sockjs";
  readonly #connection: SockjsConnection;

  constructor(connection: SockjsConnection) {
    this.#connection = connection;
  }

  send(message: OutgoingMessage): boolean {
    // What is closed takes nothing more, and will not drain either: the hub hears of its end.
    return this.#connection.writeEncoded(encoded.of(message));
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }
}

/** Joins an open SockJS connection to the hub, for as long as it lives. */
export function joinSockjs(sockjs: SockjsConnection, hub: Pick<Hub, "open">, info: ConnectionInfo, log: Logger): void {
  const connection = hub.open(new SockjsTransport(sockjs), info);
  const { remoteAddress } = info;
  const guarded = actGuard({ id: connection.id, remoteAddress, log, close: (code, reason) => void sockjs.close(code, reason) });
  sockjs.on("data", (message) => guarded(() => connection.receive(message)));
  sockjs.on("drain", () => guarded(() => connection.drained()));
  sockjs.on("close", (code, reason) => guarded(() => connection.closed(code, code !== 1006, reason)));
}
