import type { IncomingMessage } from "node:http";
import type { ResponseFields } from "./refusal.ts";

/** What is known of a client before its upgrade is answered. */
export interface HandshakeInfo {
  readonly request: IncomingMessage;
  /** The `Origin` field: which page asks. Undefined when no browser does. */
  readonly origin: string | undefined;
  /** The client's address, after trusted proxies. */
  readonly remoteAddress: string | undefined;
  /** Whether the client's side of the line is encrypted, after trusted proxies. */
  readonly secure: boolean;
  /** The subprotocols offered, most wanted first. */
  readonly subprotocols: readonly string[];
  /** For what the check finds out, such as the user's name: `socket.context` is this object. */
  readonly context: Record<string, unknown>;
}

/** Undefined: go on. Otherwise the upgrade is answered with this response: `body` is the status's own words unless given. */
export type HandshakeVerdict =
  | undefined
  | { readonly status: number; readonly body?: string | undefined; readonly fields?: ResponseFields | undefined };

/** Looks at an opening handshake before it is answered. It may take its time, within `handshakeTimeout`. */
export type HandshakeCheck = (info: HandshakeInfo) => HandshakeVerdict | Promise<HandshakeVerdict>;

/**
 * Asks the checks in their order, and calls back with the first refusal or with undefined: at once if no check takes its time. A check that throws refuses with
 * 500; `onError` is told first.
 */
export function runHandshakeChecks(
  checks: readonly HandshakeCheck[],
  info: HandshakeInfo,
  done: (verdict: HandshakeVerdict) => void,
  onError: (error: unknown) => void,
): void {
  for (const [at, check] of checks.entries()) {
    const verdict = ask(check, info, onError);
    if (verdict instanceof Promise) {
      void later(verdict, onError, (answer) =>
        answer === undefined ? runHandshakeChecks(checks.slice(at + 1), info, done, onError) : done(answer),
      );
      return;
    }
    if (verdict !== undefined) return done(verdict);
  }
  done(undefined);
}

const broken: HandshakeVerdict = { status: 500 };

function ask(check: HandshakeCheck, info: HandshakeInfo, onError: (error: unknown) => void): ReturnType<HandshakeCheck> {
  try {
    return check(info);
  } catch (error) {
    onError(error);
    return broken;
  }
}

async function later(
  verdict: Promise<HandshakeVerdict>,
  onError: (error: unknown) => void,
  goOn: (verdict: HandshakeVerdict) => void,
): Promise<void> {
  let answer: HandshakeVerdict;
  try {
    answer = await verdict;
  } catch (error) {
    onError(error);
    answer = broken;
  }
  // Out of the promise: a throw in the application's listener is to be an exception, as it is without checks.
  process.nextTick(goOn, answer);
}
