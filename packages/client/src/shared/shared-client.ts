import { HubClient } from "../client.ts";
import { type ClientOptions, resolveOptions } from "../options.ts";
import type { Platform, SocketConstructor, SocketLike } from "../platform.ts";
import { TabGroup } from "./tab-group.ts";
import type { TabWorld } from "./tab-world.ts";

/** The client's options, and with whom the connection is shared. */
export interface SharedClientOptions extends ClientOptions {
  /**
   * Tabs that say the same share one connection, and with it one login: give the id of the logged-in user, where the token says who it is. Default: none, so that all tabs
   * with the same address and the same `user` share.
   */
  readonly shareWith?: string;
}

/** Of the names of locks and channels: tabs with another version of the SDK that says the same can share. */
const formatVersion = "openline-tabs-1";

/** A client over the connection that one tab of the group holds. Without `tabs` it has a connection of its own. */
export class SharedHubClient extends HubClient {
  /** @throws ClientError as {@link HubClient}'s. */
  constructor(url: string, { shareWith = "", ...options }: SharedClientOptions, platform: Platform, tabs: TabWorld | undefined) {
    const { WebSocket, autoConnect = true, ...rest } = options;
    if (tabs === undefined) {
      super(url, options, platform);
      return;
    }
    let group: TabGroup | undefined;
    let latest = "";
    let comeNow: (() => void) | undefined;
    const newGroup = (address: string, dial: () => SocketLike): TabGroup =>
      new TabGroup({
        tabs,
        platform: { ...platform, ...(options.clock && { clock: options.clock }) },
        options: resolveOptions(options),
        name: JSON.stringify([formatVersion, address, options.user ?? "", shareWith]),
        dial,
        comeNow: () => {
          comeNow?.();
        },
      });
    const webSocket: Platform["webSocket"] = () => {
      const Own = WebSocket ?? platform.webSocket();
      if (Own === undefined) return undefined;
      // A constructor that returns an object gives that object to `new`.
      const line = function (address: string, protocols?: string | string[]): SocketLike {
        // It changes once there was a session: then it says so.
        latest = address;
        group ??= newGroup(address, () => new Own(latest, protocols));
        return group.socket();
      };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a function is a constructor, whatever the compiler says
      return line as unknown as SocketConstructor;
    };
    super(url, { ...rest, autoConnect: false }, { ...platform, webSocket });
    comeNow = () => {
      if (this.state === "waiting") this.connect();
    };
    this.on("state", (state) => {
      if (state === "closed") group?.leave();
    });
    if (autoConnect) this.connect();
  }
}
