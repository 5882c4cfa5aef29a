import * as ws from "ws";
import type { Peer } from "../script.ts";
import { nodeClient } from "./node-client.ts";
import { startNodeServer } from "./node-server.ts";

/** npm `ws` 8. */
export const npmWs: Peer = {
  name: "npm ws",
  client: { lacks: {}, start: () => Promise.resolve(nodeClient(ws)) },
  server: { lacks: {}, start: () => startNodeServer(ws) },
};
