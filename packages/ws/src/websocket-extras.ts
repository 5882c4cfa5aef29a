import type { OpeningHandshake } from "./client-handshake.ts";
import type { ConnectionSender } from "./connection-sender.ts";
import type { MessageScreen, ScreenRules } from "./message-screen.ts";
import type { BinaryType } from "./payload.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** What few sockets of a server have: made when one of it is needed, so that the others are spared 120 bytes. */
export class WebSocketExtras {
  isServer = true;
  binaryType: BinaryType = "nodebuffer";
  protocol = "";
  /** The names of those agreed on. */
  extensions = "";
  /** Of a client. */
  url = "";
  handshake: OpeningHandshake | undefined = undefined;
  sender: ConnectionSender | undefined = undefined;
  turnQueue: TurnQueue | undefined = undefined;
  screenRules: ScreenRules | undefined = undefined;
  screen: MessageScreen | undefined = undefined;
  context: Record<string, unknown> | undefined = undefined;
  isPaused = false;
  /** Bytes given to `send` when nothing could be sent any more; they stay counted, as in browsers. */
  unsendableBytes = 0;
}
