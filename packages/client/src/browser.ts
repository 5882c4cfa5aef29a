import { HubClient } from "./client.ts";
import type { ClientOptions } from "./options.ts";
import { webPlatform } from "./platform.ts";

export * from "./surface.ts";

/**
 * A client of an Openline hub, on the platform's own WebSocket (browsers, workers, Deno, Bun, Node from 22 on). Loads without
 * throwing where there is none. Next: `client.join("lobby")`.
 */
export class Client extends HubClient {
  /**
   * @param url The hub's address: relative to the page, http(s) or ws(s); `/` and `https://host/wsapp/` will do.
   * @throws ClientError `bad-url`, `insecure-url`, `bad-option`, `bad-name`, `no-websocket`.
   */
  constructor(url: string, options: ClientOptions = {}) {
    super(url, options, webPlatform());
  }
}
