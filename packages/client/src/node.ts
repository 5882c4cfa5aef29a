import { WebSocket } from "@openline/ws";
import { HubClient } from "./client.ts";
import type { ClientOptions } from "./options.ts";
import { webPlatform } from "./platform.ts";

export * from "./surface.ts";

/**
 * A client of an Openline hub, on the WebSocket of `@openline/ws`: plain Node 20 has none of its own. An open or waiting client keeps
 * the process alive until `close()`. Next: `client.join("lobby")`.
 */
export class Client extends HubClient {
  /**
   * @param url The hub's address, http(s) or ws(s): `ws://localhost:8000` and `https://host/wsapp/` will do.
   * @throws ClientError `bad-url`, `bad-option`, `bad-name`.
   */
  constructor(url: string, options: ClientOptions = {}) {
    super(url, options, webPlatform(WebSocket));
  }
}
