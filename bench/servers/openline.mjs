// @openline/ws as it is installed: the built package, its defaults, no flags.
import { WebSocketServer } from "@openline/ws";
import { heartbeatMs, serve } from "./node-server.mjs";

const options = JSON.parse(process.env.BENCH_OPTIONS ?? "{}");
if (heartbeatMs) options.heartbeat = { intervalMs: heartbeatMs, timeoutMs: 10_000 };

serve(WebSocketServer, { broadcast: (server, data, isBinary) => server.broadcast(data, { binary: isBinary }), options });
