import { type Connection, Hub, type HubOptions } from "@openline/hub";
import { FakeClock } from "@openline/testkit";
import { HubClient } from "../src/client.ts";
import type { ClientOptions } from "../src/options.ts";
import type { Platform, SocketConstructor, SocketEvent, SocketLike } from "../src/platform.ts";

/** How long a text is on its way. */
const latencyMs = 3;

/** Both ends of one connection to a real hub: in order, with latency, and cut wherever a test wants. */
export class HubSocket implements SocketLike {
  readonly bufferedAmount = 0;
  readonly #network: HubNetwork;
  readonly #listeners = new Map<string, (event: SocketEvent) => void>();
  #connection: Connection | undefined;
  #severed = false;

  constructor(network: HubNetwork) {
    this.#network = network;
    this.#later(() => {
      if (network.down) this.sever("told");
      else this.#accept();
    });
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    this.#network.said.push(text);
    this.#later(() => this.#connection?.receive(text));
  }

  close(code = 1005): void {
    this.#later(() => {
      this.#severed = true;
      this.#connection?.closed(code, true);
    });
  }

  terminate(): void {
    this.sever("told");
  }

  /** What is under way is lost. `told`: both ends notice soon; `silent`: only the heartbeat finds out. */
  sever(how: "told" | "silent"): void {
    if (this.#severed) return;
    this.#severed = true;
    this.#network.clock.setTimeout(() => this.#connection?.closed(1006, false), how === "told" ? latencyMs : 20_000);
    if (how === "told") this.#network.clock.setTimeout(() => this.#emit("close", { code: 1006 }), latencyMs);
  }

  #accept(): void {
    const { hub } = this.#network;
    this.#connection = hub.open({
      kind: "test",
      send: ({ text }) => {
        this.#later(() => {
          this.#emit("message", { data: text });
        });
        return true;
      },
      close: (code, reason) => {
        this.#later(() => {
          this.#severed = true;
          this.#emit("close", { code, reason });
          this.#connection?.closed(code, true);
        });
      },
    });
    this.#emit("open", {});
  }

  #later(action: () => void): void {
    this.#network.clock.setTimeout(() => {
      if (!this.#severed) action();
    }, latencyMs);
  }

  #emit(type: string, event: SocketEvent): void {
    this.#listeners.get(type)?.(event);
  }
}

/** One real hub, reached by any number of clients over connections that can be cut, all on one fake clock. */
export class HubNetwork {
  readonly clock: FakeClock = new FakeClock();
  hub: Hub;
  /** The names of the clients whose pages nobody sees. */
  readonly hidden = new Set<string>();
  /** Where clients connected to. */
  readonly addresses: string[] = [];
  /** What clients said to the hub. */
  readonly said: string[] = [];
  /** While true no connection can be made. */
  down = false;
  readonly sockets = new Map<string, HubSocket>();
  readonly #options: Partial<HubOptions>;
  #ids = 0;

  constructor(options: Partial<HubOptions> = {}) {
    this.#options = options;
    this.hub = this.#startHub();
  }

  /** As after SIGKILL: nothing of the hub is left, and every connection breaks. */
  restart(): void {
    for (const socket of this.sockets.values()) socket.sever("told");
    this.hub = this.#startHub();
  }

  client(name: string, options: ClientOptions = {}, random?: () => number): HubClient {
    return new HubClient("ws://hub.test/", { user: name, ...options }, this.platform(name, random));
  }

  /** The platform of a client whose newest socket is `sockets.get(name)`. */
  platform(name: string, random: () => number = () => 0.5): Platform {
    const { clock, sockets, addresses } = this;
    const open = (): HubSocket => {
      const socket = new HubSocket(this);
      sockets.set(name, socket);
      return socket;
    };
    let names = 0;
    return {
      clock,
      random,
      uniqueName: () => `${name}${names++ || ""}`,
      webSocket: () =>
        // A constructor that returns an object gives that object to `new`.
        function (address: string) {
          addresses.push(address);
          return open();
        } as unknown as SocketConstructor,
      baseUrl: undefined,
      securePage: false,
      hidden: () => this.hidden.has(name),
      watchNetwork: () => () => undefined,
      reportError: (error) => {
        throw error;
      },
    };
  }

  #startHub(): Hub {
    const next = (kind: string): string => `${kind}${(this.#ids++).toString().padStart(6, "0")}`;
    const ids = { sessionId: () => next("s"), secret: () => next("x"), epoch: () => next("e"), tag: () => next("t") };
    return new Hub({ clock: this.clock, ids, ...this.#options });
  }
}
