import { type PreparedFrame, prepareBinary, prepareText } from "@openline/protocol";
import { bytesOf, type SendData } from "./payload.ts";
import { platform } from "./platform.ts";
import { WebSocket } from "./websocket.ts";

export interface BroadcastOptions {
  /** Send as a binary message. Default: whether the data is not a string. */
  readonly binary?: boolean | undefined;
  /** Sockets that are left out: often the sender. */
  readonly except?: WebSocket | ReadonlySet<WebSocket> | undefined;
}

/**
 * Builds the frame of a message once, for any number of `sendPrepared`. The data is copied, so it may change afterwards.
 */
export function prepare(data: SendData, options?: Pick<BroadcastOptions, "binary">): PreparedFrame {
  if (typeof data === "string" || typeof data === "number") {
    return options?.binary === true ? prepareBinary(Buffer.from(String(data)), platform) : prepareText(String(data), platform);
  }
  const bytes = bytesOf(data);
  return options?.binary === false ? prepareText(Buffer.from(bytes).toString(), platform) : prepareBinary(bytes, platform);
}

/** Sends one message to every open socket: framed once, written once per socket at the end of the turn. Answers how many got it. */
export function broadcast(sockets: Iterable<WebSocket>, data: SendData, options: BroadcastOptions = {}): number {
  const frame = prepare(data, options);
  const { except } = options;
  let count = 0;
  for (const socket of sockets) {
    if (socket.readyState !== WebSocket.OPEN || socket === except || (except instanceof Set && except.has(socket))) continue;
    socket.sendPrepared(frame);
    count++;
  }
  return count;
}
