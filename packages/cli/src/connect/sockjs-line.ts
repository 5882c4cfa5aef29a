import type { ConnectSettings } from "./connect-settings.ts";
import type { Line, LineEnd, LineEvents } from "./line.ts";
import { readSockJs, sockJsMessage } from "./sockjs-frames.ts";

const answers = { h: '["h"]', empty: "[]", none: undefined } as const;

/** How the line below is opened. */
type Open = (events: LineEvents) => Line;

/** A SockJS session over its WebSocket transport as a {@link Line}. */
export class SockJsLine implements Line {
  readonly #line: Line;
  readonly #events: LineEvents;
  readonly #answer: string | undefined;
  #end: LineEnd | undefined;

  constructor(open: Open, { answer }: NonNullable<ConnectSettings["sockjs"]>, events: LineEvents) {
    this.#events = events;
    this.#answer = answers[answer];
    let detail: Parameters<LineEvents["opened"]>[0] | undefined;
    this.#line = open({
      ...events,
      pong: (ms) => events.pong(ms),
      note: (text) => events.note(text),
      handshake: (seen) => events.handshake(seen),
      frame: (direction, frame, isCompressed) => events.frame(direction, frame, isCompressed),
      // It is open when the server says `o`.
      opened: (opened) => {
        detail = opened;
      },
      message: (content) => {
        const frame = readSockJs(String(content));
        if (frame.kind === "open" && detail !== undefined) events.opened(detail);
        else if (frame.kind === "heartbeat") this.#heartbeat();
        else if (frame.kind === "messages") for (const text of frame.messages) events.message(text);
        else if (frame.kind === "close") this.#closed(frame.code, frame.reason);
        else if (frame.kind === "fault") events.note(`no SockJS frame: ${String(content).slice(0, 100)}`);
      },
      ended: (end) => events.ended(this.#end ?? end),
    });
  }

  async send(content: string | Buffer): Promise<void> {
    if (typeof content !== "string") throw new TypeError("SockJS carries text only");
    await this.#line.send(sockJsMessage(content));
  }

  ping(): void {
    this.#line.ping();
  }

  close(code?: number, reason?: string): void {
    this.#line.close(code, reason);
  }

  terminate(): void {
    this.#line.terminate();
  }

  #heartbeat(): void {
    this.#events.note(`heartbeat, ${this.#answer === undefined ? "not answered" : `answered with ${this.#answer}`}`);
    if (this.#answer !== undefined) this.#line.send(this.#answer).catch(() => {});
  }

  /** The code in the frame is the session's; that of the WebSocket says nothing. */
  #closed(code: number, reason: string): void {
    this.#end = { kind: "closed", code, reason };
    this.#line.close();
  }
}
