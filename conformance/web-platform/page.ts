import type { Realm } from "./realm.ts";
import { type Outcome, runParts } from "./run-parts.ts";

// What a page of the test server runs: the same cases, on the browser's own classes.
const { WebSocket, CloseEvent, WebSocketStream, WebSocketError, location } = globalThis as unknown as Realm & {
  location: { host: string; href: string; protocol: string };
};

/** Runs the cases in the page. */
export async function runInPage(isHttp2: boolean): Promise<readonly Outcome[]> {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  // Chromium puts connections off for a second or more after others have failed: so the more at once, the sooner it is done.
  return runParts(
    { WebSocket, CloseEvent, WebSocketStream, WebSocketError, server: `${scheme}://${location.host}`, base: location.href, isHttp2 },
    60,
  );
}
