import type { FrameList } from "./frame-list.ts";
import type { SendCallback } from "./send-callbacks.ts";
import { Sender } from "./sender.ts";

/**
 * What stands at a socket's `_sender`, where Socket.IO, Rocket.Chat and others look for `sendFrame` to send a frame built once to many. Frames given to it
 * join the socket's own queue.
 */
export class ConnectionSender extends Sender {
  readonly #take: (list: FrameList, callback: SendCallback | undefined) => void;

  constructor(take: (list: FrameList, callback: SendCallback | undefined) => void) {
    super();
    this.#take = take;
  }

  override sendFrame(list: FrameList, callback?: SendCallback): void {
    this.#take(list, callback);
  }
}
