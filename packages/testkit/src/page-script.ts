import { runInNewContext } from "node:vm";

/** The scripts of pages are written with the seconds that pages use; their timers run so many times faster. */
export const pageSpeed = 10;

/** What a page's script needs of the class it gets as `WebSocket`; those of `ws` and of `@openline/ws` have it. */
export interface PageSocket {
  on(event: "error", listener: () => void): PageSocket;
  removeAllListeners(): PageSocket;
  terminate(): void;
}

/** A page's script with the names that a browser gives it: `WebSocket`, `setTimeout`, `clearTimeout`; besides `url`, and `page`, to which it gives a function `state`. */
export class PageScript<State> {
  readonly #page: { state?: () => State } = {};
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #sockets: PageSocket[] = [];

  constructor(script: string, url: string, WebSocket: new (url: string) => PageSocket) {
    const sockets = this.#sockets;
    runInNewContext(script, {
      url,
      page: this.#page,
      WebSocket: class extends WebSocket {
        constructor(address: string) {
          super(address);
          sockets.push(this);
          // In a page nobody has to listen for errors.
          this.on("error", () => undefined);
        }
      },
      setTimeout: (callback: () => void, ms: number) => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          callback();
        }, ms / pageSpeed);
        this.#timers.add(timer);
        return timer;
      },
      clearTimeout: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
    });
  }

  /** What the script tells of itself. @throws TypeError when it set no `page.state` */
  state(): State {
    if (this.#page.state === undefined) throw new TypeError("the script set no page.state");
    return this.#page.state();
  }

  /** Ends it: no timer runs, no socket tells it anything any more. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) {
      socket
        .removeAllListeners()
        .on("error", () => undefined)
        .terminate();
    }
  }
}

/** What an asking page tells. */
export interface AskingState {
  /** Connections that opened. */
  readonly opened: number;
  /** Signs of a lost connection: error, close, an answer that did not come. */
  readonly losses: number;
  readonly messages: readonly string[];
  readonly readyState: number;
}

/**
 * The script of a page that wants to be sure: after `silenceMs` (3,000) without a message it sends `probe` and wants any message within 20 s (2 s of ours, for a busy machine), or it
 * closes. Any sign of a loss leads to one new connection after 4 s, with a lock, because error, close and time-out may all come (worked example L).
 * `hello` is sent whenever a connection opens.
 */
export function askingPage(
  probe: string,
  { hello, silenceMs = 3000 }: { readonly hello?: string; readonly silenceMs?: number } = {},
): string {
  return `
  var ws, lock = false, opened = 0, losses = 0, messages = [];
  function connect() {
    try { ws = new WebSocket(url); } catch (error) { return reconnect(); }
    ws.onopen = function () { opened++; ${hello === undefined ? "" : `ws.send(${JSON.stringify(hello)}); `}check.reset().start(); };
    ws.onmessage = function (event) { messages.push(event.data); check.reset().start(); };
    ws.onclose = function () { reconnect(); };
    ws.onerror = function () { reconnect(); };
  }
  function reconnect() {
    losses++;
    if (lock) return;
    lock = true;
    check.reset();
    setTimeout(function () { connect(); lock = false; }, 4000);
  }
  var check = {
    silence: ${silenceMs}, timeout: 20000, waiting: null, answering: null,
    reset: function () { clearTimeout(this.waiting); clearTimeout(this.answering); return this; },
    start: function () {
      var self = this;
      this.waiting = setTimeout(function () {
        if (ws.readyState === 1) ws.send(${JSON.stringify(probe)});
        self.answering = setTimeout(function () { reconnect(); ws.close(); }, self.timeout);
      }, this.silence);
    }
  };
  connect();
  page.state = function () { return { opened: opened, losses: losses, messages: messages, readyState: ws.readyState }; };
`;
}
