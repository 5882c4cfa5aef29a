import { findProgram } from "@openline/testkit";
import { startCaddy } from "./caddy.ts";
import { tryThrough } from "./through-proxy.ts";

const program = findProgram("caddy");

tryThrough({
  name: "Caddy",
  cutsIdle: false,
  missing: program.path === undefined ? program.reason : undefined,
  async start(backends) {
    const { ports, stop } = await startCaddy(backends);
    return { urls: { plain: `ws://127.0.0.1:${ports.plain}`, compressed: `ws://127.0.0.1:${ports.compressed}` }, stop };
  },
});
