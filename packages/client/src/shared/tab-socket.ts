import type { SocketEvent, SocketLike } from "../platform.ts";
import type { LeaderMessage, TabMessage } from "./tab-messages.ts";
import type { TabChannel } from "./tab-world.ts";

/** One tab's end of its line to the leading tab: to the client it is a WebSocket. */
export class TabSocket implements SocketLike {
  readonly bufferedAmount = 0;
  readonly #channel: TabChannel;
  readonly #listeners = new Map<string, (event: SocketEvent) => void>();
  #state: "attaching" | "open" | "closed" = "attaching";

  /** @param channel Its own: the leader opens the other end. */
  constructor(channel: TabChannel) {
    this.#channel = channel;
    channel.listen((message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this origin's own tabs post here, and the channel's name has the format's version
      this.#receive(message as LeaderMessage);
    });
  }

  /** Whether the leader has answered. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    this.#post({ kind: "text", text });
  }

  close(code = 1000): void {
    if (this.isClosed) return;
    this.#post({ kind: "close", code });
    this.#end(code, "");
  }

  /** The page was hidden or shown. */
  setHidden(hidden: boolean): void {
    this.#post({ kind: "hidden", hidden });
  }

  /** The leader is gone. */
  lost(): void {
    if (!this.isClosed) this.#end(1006, "the leading tab is gone");
  }

  #receive(message: LeaderMessage): void {
    if (this.isClosed) return;
    if (message.kind === "close") this.#end(message.code, message.reason ?? "");
    else if (message.kind === "text") this.#emit("message", { data: message.text });
    else {
      this.#state = "open";
      this.#emit("open", {});
    }
  }

  #post(message: TabMessage): void {
    if (!this.isClosed) this.#channel.post(message);
  }

  #end(code: number, reason: string): void {
    this.#state = "closed";
    this.#channel.close();
    this.#emit("close", { code, reason });
  }

  #emit(type: string, event: SocketEvent): void {
    this.#listeners.get(type)?.(event);
  }
}
