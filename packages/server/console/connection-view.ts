import { byId, show } from "./elements.ts";

/** Where the line stands, in the words of the page. Times are milliseconds since 1970. */
export type Line =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  | { readonly state: "waiting"; readonly retryAt: number }
  | { readonly state: "offline" }
  | { readonly state: "closed"; readonly reason: string };

const tickMs = 250;

/** The sign in the bar and, while the line is down, the strip over the text field. */
export class ConnectionView {
  readonly #sign = byId("connection", HTMLElement);
  readonly #signText = byId("connection-text", HTMLElement);
  readonly #strip = byId("away", HTMLElement);
  readonly #stripText = byId("away-text", HTMLElement);
  readonly #now = byId("connect-now", HTMLButtonElement);
  readonly #cut = byId("cut", HTMLButtonElement);
  #line: Line = { state: "connecting" };
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(actions: { connectNow(): void; cut(): void }) {
    this.#now.addEventListener("click", () => actions.connectNow());
    this.#cut.addEventListener("click", () => actions.cut());
  }

  set line(line: Line) {
    this.#line = line;
    clearInterval(this.#timer);
    if (line.state === "waiting") this.#timer = setInterval(() => this.#draw(), tickMs);
    this.#draw();
  }

  #draw(): void {
    const line = this.#line;
    this.#sign.dataset["state"] = line.state;
    setText(this.#signText, signText(line, Date.now()));
    setText(this.#stripText, stripText(line));
    this.#cut.disabled = line.state !== "connected";
    show(this.#strip, line.state === "waiting" || line.state === "offline" || line.state === "closed");
    show(this.#now, line.state === "waiting" || line.state === "closed");
  }
}

function signText(line: Line, now: number): string {
  switch (line.state) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "waiting":
      return `Reconnecting in ${Math.max(0, Math.ceil((line.retryAt - now) / 1000))} s`;
    case "offline":
      return "Offline";
    case "closed":
      return "Disconnected";
    default:
      return line satisfies never;
  }
}

function stripText(line: Line): string {
  if (line.state === "closed") return `The line is closed: ${line.reason}`;
  if (line.state === "offline") return "This device is offline. What you write is sent when it is back.";
  return "The line is down. What you write is sent when it is back.";
}

// The sign is a live region: the same text again would be read out again.
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
