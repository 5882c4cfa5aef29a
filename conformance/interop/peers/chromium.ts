import { findProgram } from "@openline/testkit";
import { chromium as playwright } from "playwright-core";
import type { Peer, Seen } from "../script.ts";
import { runInBrowser } from "./browser-client.ts";

const program = findProgram("chromium");

/** Debian's Chromium: a page that runs the scripts. It always offers permessage-deflate. */
export const chromium: Peer = {
  name: "Chromium",
  missing: program.path === undefined ? program.reason : undefined,
  client: {
    lacks: {
      fragments: "a browser sends whole messages",
      ping: "a browser has no ping",
      "protocol-codes": "a browser takes 1000 and 3000 to 4999",
    },
    async start() {
      if (program.path === undefined) throw new Error(program.reason);
      const browser = await playwright.launch({ executablePath: program.path, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
      const page = await browser.newPage();
      await page.evaluate("globalThis.__name = (named) => named"); // tsx marks the names of functions with it
      return {
        run: (script) => page.evaluate<readonly Seen[]>(`(${runInBrowser.toString()})(WebSocket, ${JSON.stringify(script)})`),
        stop: () => browser.close(),
      };
    },
  },
};
