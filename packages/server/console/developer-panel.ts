import { copyText } from "./clipboard.ts";
import { byId, make } from "./elements.ts";
import type { WireEvent, WireLog } from "./wire-log.ts";

/** What the panel tells about the connection. */
export interface Facts {
  readonly session: string | undefined;
  readonly position: string | undefined;
  readonly connection: string;
}

/** A line for a shell that publishes to the room; quoted for POSIX shells. */
export function curlLine(pageUrl: string, room: string): string {
  // encodeURIComponent leaves the apostrophe as it is, and it would end the quotes.
  const path = `api/rooms/${encodeURIComponent(room).replaceAll("'", "%27")}/messages`;
  return `curl -X POST '${new URL(path, pageUrl).href}' -H 'Content-Type: application/json' -d '{"text":"Hello from a shell 👋"}'`;
}

/** The panel "For developers": drawn only while it is open. */
export class DeveloperPanel {
  readonly #panel = byId("developers", HTMLDetailsElement);
  readonly #curl = byId("curl", HTMLElement);
  readonly #wire = byId("wire", HTMLElement);
  readonly #log: WireLog;
  readonly #facts: () => Facts;
  #planned = false;

  constructor(log: WireLog, facts: () => Facts, toast: (text: string) => void) {
    this.#log = log;
    this.#facts = facts;
    log.onChange = () => this.changed();
    this.#panel.addEventListener("toggle", () => {
      this.changed();
      if (this.#panel.open) this.#panel.scrollIntoView({ block: "nearest" });
    });
    byId("copy-curl", HTMLButtonElement).addEventListener("click", () => {
      void copyText(this.#curl.textContent).then((done) =>
        toast(done ? "Copied." : "The browser did not allow copying: select the line by hand."),
      );
    });
  }

  set room(room: string) {
    this.#curl.textContent = curlLine(document.baseURI, room);
  }

  /** Something may be different now: draws it with the next frame, once however often it is called until then. */
  changed(): void {
    if (this.#planned || !this.#panel.open) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { session, position, connection } = this.#facts();
    const roundTrip = this.#log.roundTripMs;
    byId("fact-session", HTMLElement).textContent = session ?? "none";
    byId("fact-position", HTMLElement).textContent = position ?? "none";
    byId("fact-round-trip", HTMLElement).textContent = roundTrip === undefined ? "not measured yet" : `${roundTrip.toFixed(1)} ms`;
    byId("fact-connection", HTMLElement).textContent = connection;
    const atEnd = this.#wire.scrollHeight - this.#wire.scrollTop - this.#wire.clientHeight < 30;
    this.#wire.replaceChildren(...this.#log.events.map(eventLine));
    if (atEnd) this.#wire.scrollTop = this.#wire.scrollHeight;
  }
}

function eventLine(event: WireEvent): HTMLElement {
  const line = make("li", event.direction);
  const head = make("div", "wire-head");
  head.append(make("span", "arrow", event.direction === "sent" ? "↑" : "↓"), make("strong", "", event.type));
  head.append(make("span", "time", new Date(event.time).toLocaleTimeString()));
  line.append(head, make("div", "wire-text", event.text));
  return line;
}
