import { findProgram } from "@openline/testkit";
import { startHaproxy } from "./haproxy.ts";
import { tryThrough } from "./through-proxy.ts";

const program = findProgram("haproxy");

tryThrough({
  name: "HAProxy",
  missing: program.path === undefined ? program.reason : undefined,
  async start(backends) {
    const { ports, stop } = await startHaproxy(backends);
    return { urls: { plain: `ws://127.0.0.1:${ports.plain}`, compressed: `ws://127.0.0.1:${ports.compressed}` }, stop };
  },
});
