import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLibrary, findProgram, freePort, ServerProcess } from "@openline/testkit";

const python = findProgram("python3");
const tests = findLibrary("web-platform-tests", "tests/websockets/constants.sub.js");

/** Why the web platform tests are skipped; undefined when they and Python are there. */
export const noTests: string | undefined = [python, tests].flatMap((one) => (one.path === undefined ? one.reason : []))[0];

/** The folder of the web platform tests. */
export const testsRoot: string = join(tests.path ?? "", "../..");

/** The tests' own server, with all that their handlers do, at 127.0.0.1: whoever uses its names has to know that (wpt-worker.mjs). */
export interface WptServer {
  /** Where browsers load pages from, by the protocol. */
  readonly origins: Readonly<Record<"http" | "https" | "h2", string>>;
  stop(): Promise<void>;
}

/** Starts the server on free ports: http, https, h2 for pages; ws, wss, h2 for sockets. */
export async function startWptServer(): Promise<WptServer> {
  const [https, ws, wss, h2] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const server = await ServerProcess.start({
    name: "wpt",
    command: (port, directory) => {
      if (python.path === undefined) throw new Error(python.reason);
      const file = join(directory, "config.json");
      const ports = { http: [port, "auto"], https: [https, "auto"], ws: [ws], wss: [wss], h2: [h2], ...notServed };
      writeFileSync(file, JSON.stringify({ server_host: "127.0.0.1", check_subdomains: false, ports }));
      return { file: python.path, args: ["-I", "-c", start, testsRoot, file], env: python.env };
    },
    isReady: async (_port, { output }) =>
      output.split(/Starting https? server/).length === 5 &&
      output.includes("Starting http2 server") &&
      output.split("Listen on").length === 3,
    readyMs: 60_000,
  });
  return {
    origins: {
      http: `http://web-platform.test:${server.port}`,
      https: `https://web-platform.test:${https}`,
      h2: `https://web-platform.test:${h2}`,
    },
    stop: () => server.stop(),
  };
}

const none: readonly number[] = [];
const notServed = { "http-private": none, "http-public": none, "https-private": none, "https-public": none };

/** The tests' own command needs all of their repository; what it calls in the end does not. */
const start = `
import os, sys
root, config = sys.argv[1:]
sys.path.insert(0, os.path.join(root, "tools"))
os.chdir(root)
import localpaths
from serve.serve import run
run(config_path=config)
`;
