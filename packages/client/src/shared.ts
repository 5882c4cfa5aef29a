import { webPlatform } from "./platform.ts";
import { type SharedClientOptions, SharedHubClient } from "./shared/shared-client.ts";
import { webTabs } from "./shared/tab-world.ts";

export type { SharedClientOptions } from "./shared/shared-client.ts";
export * from "./surface.ts";

/**
 * A client whose connection all tabs of an origin share: one tab holds it, and when that one is closed another takes over with the positions, so that nothing is lost and
 * nothing comes twice. Each tab joins rooms of its own. Where there are no Web Locks or no BroadcastChannel (plain http pages, Node), each tab has a
 * connection of its own. Next: `client.join("lobby")`.
 */
export class SharedClient extends SharedHubClient {
  /**
   * @param url The hub's address, as for `Client`.
   * @throws ClientError `bad-url`, `insecure-url`, `bad-option`, `bad-name`, `no-websocket`.
   */
  constructor(url: string, options: SharedClientOptions = {}) {
    super(url, options, webPlatform(), webTabs());
  }
}
