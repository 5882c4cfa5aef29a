/** One message as it crossed the wire; the session's secret is left out. */
export interface WireEvent {
  readonly direction: "sent" | "received";
  readonly time: number;
  readonly type: string;
  readonly text: string;
}

const kept = 60;
const textShown = 240;

/** The last messages in both directions, and how long the last answer took. */
export class WireLog {
  readonly events: WireEvent[] = [];
  onChange: () => void = () => undefined;
  roundTripMs: number | undefined;
  #asked = new Map<number, number>();
  readonly #now: () => number;

  /** `now` is a clock in milliseconds with fractions, `performance.now` in the page. */
  constructor(now: () => number) {
    this.#now = now;
  }

  sent(text: string): void {
    const ref = this.#add("sent", text);
    if (ref !== undefined) this.#asked.set(ref, this.#now());
  }

  received(text: string): void {
    const ref = this.#add("received", text);
    const askedAt = ref === undefined ? undefined : this.#asked.get(ref);
    if (ref === undefined || askedAt === undefined) return;
    this.#asked.delete(ref);
    this.roundTripMs = this.#now() - askedAt;
  }

  /** A new connection: what the old one did not answer will not be answered. */
  opened(): void {
    this.#asked = new Map();
  }

  /** A WebSocket class that tells this log what passes through it. */
  tap(Base: typeof WebSocket): typeof WebSocket {
    const opened = (): void => this.opened();
    const sent = (text: string): void => this.sent(text);
    const received = (text: string): void => this.received(text);
    return class TappedWebSocket extends Base {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        opened();
        this.addEventListener("message", (event) => received(String(event.data)));
      }

      override send(data: Parameters<WebSocket["send"]>[0]): void {
        if (typeof data === "string") sent(data);
        super.send(data);
      }
    };
  }

  #add(direction: WireEvent["direction"], text: string): number | undefined {
    const { type, ref } = headOf(text);
    const shown = text.replace(/("resume":)"[^"]*"/u, '$1"…"');
    this.events.push({ direction, time: Date.now(), type, text: shown.length > textShown ? `${shown.slice(0, textShown)}…` : shown });
    if (this.events.length > kept) this.events.shift();
    this.onChange();
    return ref;
  }
}

function headOf(text: string): { type: string; ref?: number } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return { type: "?" };
    const type = "type" in value && typeof value.type === "string" ? value.type : "?";
    return "ref" in value && typeof value.ref === "number" ? { type, ref: value.ref } : { type };
  } catch {
    return { type: "?" };
  }
}
