import { findProgram } from "@openline/testkit";
import { type Browser, chromium } from "playwright-core";

const program = findProgram("chromium");

/** Why the tests with a browser are skipped, `false` when they can run. With CI=true nothing is skipped: a missing Chromium fails there. */
export const skip: string | false = program.path === undefined && process.env["CI"] !== "true" ? program.reason : false;

/** Starts Debian's Chromium. The caller closes it. @throws Error with the reason when there is none. */
export async function launchChromium(): Promise<Browser> {
  if (program.path === undefined) throw new Error(program.reason);
  return chromium.launch({
    executablePath: program.path,
    env: { ...process.env, ...program.env },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
