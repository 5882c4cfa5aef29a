import type { ClientMessage, ServerMessage } from "./messages.ts";

/**
 * The text of a message, ready to be sent as one text message.
 * @throws TypeError when `data` is no JSON value (a cycle, a BigInt): check what an application hands over before.
 */
export function encode(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}
