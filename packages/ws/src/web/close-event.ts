import { asInterface, dictionary, usvString } from "./web-idl.ts";

/** What a {@link CloseEvent} is made of, beside what every event has. */
export interface CloseEventInit {
  readonly bubbles?: boolean | undefined;
  readonly cancelable?: boolean | undefined;
  readonly composed?: boolean | undefined;
  readonly wasClean?: boolean | undefined;
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

/** The connection is closed (WebSockets Standard §3.3): Node has this class from version 23 on. */
class OwnCloseEvent extends Event {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: string, init: CloseEventInit = {}) {
    if (arguments.length === 0) throw new TypeError("CloseEvent: the type is missing");
    const { bubbles, cancelable, composed, wasClean, code = 0, reason = "" }: CloseEventInit = dictionary(init, "CloseEvent");
    super(type, { bubbles: Boolean(bubbles), cancelable: Boolean(cancelable), composed: Boolean(composed) });
    this.#wasClean = Boolean(wasClean);
    // `unsigned short` without [Clamp]: modulo 65,536.
    this.#code = new Uint16Array([code])[0] ?? 0;
    this.#reason = usvString(reason);
  }

  /** Whether both close frames went over the line. */
  get wasClean(): boolean {
    return this.#wasClean;
  }

  /** The close code of the peer, 1005 when its close frame had none, 1006 when no close frame came (RFC 6455 §7.1.5). */
  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

Object.defineProperty(OwnCloseEvent, "name", { value: "CloseEvent", configurable: true });
asInterface(OwnCloseEvent, ["wasClean", "code", "reason"]);

/** The instance of {@link CloseEvent}. */
export type CloseEvent = OwnCloseEvent;

/** The class of the event `close`: the platform's where it has one, so that there is only one in the process. */
export const CloseEvent: typeof OwnCloseEvent = platformClass() ?? OwnCloseEvent;

function platformClass(): typeof OwnCloseEvent | undefined {
  const found: unknown = Reflect.get(globalThis, "CloseEvent");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the standard's class of that name
  return typeof found === "function" ? (found as typeof OwnCloseEvent) : undefined;
}
