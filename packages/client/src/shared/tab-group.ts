import type { ResolvedOptions } from "../options.ts";
import type { Platform, SocketLike } from "../platform.ts";
import { Switchboard } from "./switchboard.ts";
import type { GroupMessage } from "./tab-messages.ts";
import { TabSocket } from "./tab-socket.ts";
import type { TabChannel, TabWorld } from "./tab-world.ts";

/** A leader that does not answer for this long is asleep or stuck, and loses the lead. */
const answerMs = 5_000;

/** What a tab brings into its group. */
export interface TabGroupOptions {
  readonly tabs: TabWorld;
  readonly platform: Platform;
  readonly options: ResolvedOptions;
  /** The tabs that say the same name share one connection. */
  readonly name: string;
  /** Makes a socket to the hub, in the tab that leads. */
  readonly dial: () => SocketLike;
  /** Connects again, if the client waits for the next attempt. */
  readonly comeNow: () => void;
}

/** One tab's membership of the group: it has a socket to whoever leads, and stands in line for the lead. */
export class TabGroup {
  readonly #tab: TabGroupOptions;
  readonly #lockName: string;
  #channel: TabChannel | undefined;
  #endings: (() => void)[] = [];
  /** Whether this tab's own lock is held: who is attached must be known to live. */
  #isIn = false;
  #leader: string | undefined;
  #switchboard: Switchboard | undefined;
  #socket: { readonly socket: TabSocket; readonly channel: string; attached: boolean } | undefined;
  #timer: unknown;
  #standing: (() => void) | undefined;

  constructor(tab: TabGroupOptions) {
    this.#tab = tab;
    this.#lockName = `${tab.name} tab ${tab.platform.uniqueName()}`;
  }

  /** A new line to the leader, in place of an earlier one. */
  socket(): TabSocket {
    const { tabs, name, platform } = this.#tab;
    this.#enter();
    const channel = `${name} line ${platform.uniqueName()}`;
    const socket = new TabSocket(tabs.channel(channel));
    this.#socket = { socket, channel, attached: false };
    this.#attach();
    return socket;
  }

  /** Leaves the group: another tab leads, if this one did. */
  leave(): void {
    if (this.#channel === undefined) return;
    this.#switchboard?.stop();
    this.#switchboard = undefined;
    for (const end of this.#endings) end();
    this.#standing?.();
    this.#endings = [];
    this.#tab.platform.clock.clearTimeout(this.#timer);
    this.#channel.close();
    this.#channel = undefined;
    this.#leader = undefined;
    this.#isIn = false;
    this.#socket?.socket.lost();
  }

  #enter(): void {
    if (this.#channel !== undefined) return;
    const { tabs, name, platform } = this.#tab;
    this.#channel = tabs.channel(name);
    this.#channel.listen((message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this origin's own tabs post here, and the channel's name has the format's version
      this.#receive(message as GroupMessage);
    });
    const visibility = (): void => this.#socket?.socket.setHidden(platform.hidden());
    this.#endings = [
      tabs.lock(this.#lockName, () => {
        this.#isIn = true;
        this.#post({ kind: "who" });
        this.#standInLine();
        this.#attach();
      }),
      tabs.onPageHide(() => {
        // Before the browser ends the connection with 1001, which would end the session of the other tabs.
        if (this.#switchboard?.hasOthers === true) this.leave();
      }),
      platform.watchNetwork({ visibility, online: () => undefined, offline: () => undefined }),
    ];
  }

  #standInLine(steal = false): void {
    const { tabs, name } = this.#tab;
    this.#standing?.();
    this.#standing = tabs.lock(
      `${name} leader`,
      () => {
        this.#lead();
      },
      {
        steal,
        lost: () => {
          this.#switchboard?.stop();
          this.#switchboard = undefined;
          this.#standInLine();
        },
      },
    );
  }

  #lead(): void {
    const { tabs, platform, options, dial } = this.#tab;
    const { clock } = platform;
    const up = (): void => {
      this.#post({ kind: "up" });
      this.#tab.comeNow();
    };
    this.#switchboard = new Switchboard({ tabs, clock, options, ownTab: this.#lockName, dial, up });
    const leader = platform.uniqueName();
    this.#post({ kind: "leader", leader });
    this.#follow(leader);
  }

  #receive(message: GroupMessage): void {
    if (message.kind === "leader") this.#follow(message.leader);
    else if (message.kind === "up") this.#tab.comeNow();
    else if (message.kind === "who") this.#answer();
    else if (message.leader === this.#leader) this.#switchboard?.attach(message.tab, message.hidden, message.socket);
  }

  #answer(): void {
    if (this.#switchboard !== undefined && this.#leader !== undefined) this.#post({ kind: "leader", leader: this.#leader });
  }

  /** There is another leader: what hung on the one before comes over at once. */
  #follow(leader: string): void {
    if (leader === this.#leader) return;
    this.#leader = leader;
    const line = this.#socket;
    if (line?.attached === true && !line.socket.isClosed) {
      line.socket.lost();
      this.#tab.comeNow();
    } else this.#attach();
  }

  #attach(): void {
    const line = this.#socket;
    if (!this.#isIn || line === undefined || line.attached || line.socket.isClosed) return;
    this.#watch(line.socket);
    if (this.#leader === undefined) return;
    line.attached = true;
    const attach = { leader: this.#leader, socket: line.channel, tab: this.#lockName, hidden: this.#tab.platform.hidden() };
    if (this.#switchboard === undefined) this.#post({ kind: "attach", ...attach });
    else this.#switchboard.attach(attach.tab, attach.hidden, attach.socket);
  }

  #watch(socket: TabSocket): void {
    const { clock } = this.#tab.platform;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => {
      if (!socket.isOpen && !socket.isClosed && this.#switchboard === undefined) this.#standInLine(true);
    }, answerMs);
  }

  #post(message: GroupMessage): void {
    this.#channel?.post(message);
  }
}
