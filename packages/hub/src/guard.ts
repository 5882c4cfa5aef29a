import type { ErrorCode } from "@openline/wire";
import type { ConnectionInfo } from "./hub-options.ts";
import type { Settings } from "./settings.ts";

/** Who asks: what a guard knows of a session. */
export interface Asker {
  /** The session's public id. */
  readonly session: string;
  /** The name under which others see it. */
  readonly user: string | undefined;
  /** The authenticated user. */
  readonly subject: string | undefined;
}

/** A client wants to come in. */
export interface ConnectAsk {
  /** The name that the client gives itself. */
  readonly user: string | undefined;
  readonly token: string | undefined;
  readonly info: ConnectionInfo;
  /** The session that it wants to go on with, if any; not yet proved. */
  readonly session: string | undefined;
}

/** A session wants to enter a room, or to come back to it. */
export interface JoinAsk extends Asker {
  readonly room: string;
  /** What the other members would see. */
  readonly data: unknown;
}

/** A session wants to publish. */
export interface PublishAsk extends Asker {
  readonly room: string;
  readonly data: unknown;
  readonly id: string | undefined;
  readonly ephemeral: boolean;
}

/** A session wants to send to a user. */
export interface SendAsk extends Asker {
  readonly to: string;
  readonly data: unknown;
}

/** A session wants to leave a room. */
export interface LeaveAsk extends Asker {
  readonly room: string;
}

/** What the client is told instead. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** A guard's answer: `undefined` lets pass what was asked as it is. */
export type Verdict<Change> = undefined | { readonly refuse: Refusal } | { readonly change: Change };

type Answer<Change> = Verdict<Change> | Promise<Verdict<Change>>;

/**
 * Is asked before the hub does what a client wants. Each answer may take its time: the session's other requests to that room wait, so that
 * order holds. What throws or rejects is written to the log, and refuses with `internal`.
 */
export interface HubGuard {
  /** A refusal closes the connection. `change` sets who it is. */
  readonly connect?:
    | ((ask: ConnectAsk) => Answer<{ readonly user?: string | undefined; readonly subject?: string | undefined }>)
    | undefined;
  readonly join?: ((ask: JoinAsk) => Answer<{ readonly data: unknown }>) | undefined;
  readonly publish?: ((ask: PublishAsk) => Answer<{ readonly data: unknown }>) | undefined;
  readonly send?: ((ask: SendAsk) => Answer<{ readonly data: unknown }>) | undefined;
  readonly leave?: ((ask: LeaveAsk) => Answer<never>) | undefined;
}

/** Asks a guard. Never rejects. */
export async function verdictOf<Ask, Change>(
  { log }: Pick<Settings, "log">,
  guard: (ask: Ask) => Answer<Change>,
  ask: () => Ask,
): Promise<Verdict<Change>> {
  try {
    return await guard(ask());
  } catch (error) {
    log({ type: "fault", error });
    return { refuse: { code: "internal", message: "the server failed to decide this; its log has it" } };
  }
}

/** One guard of several: each is asked with what those before it made of it, the first refusal counts. */
export function guardsInTurn(guards: readonly HubGuard[]): HubGuard {
  const { connect, join, publish, send, leave } = inTurnAll(guards);
  const has = (name: keyof HubGuard): boolean => guards.some((guard) => guard[name] !== undefined);
  // Looked up at each request: guards may come and go, and where none decides nothing waits.
  return {
    get connect() {
      return has("connect") ? connect : undefined;
    },
    get join() {
      return has("join") ? join : undefined;
    },
    get publish() {
      return has("publish") ? publish : undefined;
    },
    get send() {
      return has("send") ? send : undefined;
    },
    get leave() {
      return has("leave") ? leave : undefined;
    },
  };
}

function inTurnAll(guards: readonly HubGuard[]): { readonly [K in keyof HubGuard]-?: NonNullable<HubGuard[K]> } {
  return {
    connect: async (ask) =>
      await inTurn(guards, (guard, changed) => guard.connect?.(changed === undefined ? ask : { ...ask, ...named(ask, changed) })),
    join: async (ask) => await inTurn(guards, (guard, changed) => guard.join?.({ ...ask, ...changed })),
    publish: async (ask) => await inTurn(guards, (guard, changed) => guard.publish?.({ ...ask, ...changed })),
    send: async (ask) => await inTurn(guards, (guard, changed) => guard.send?.({ ...ask, ...changed })),
    leave: async (ask) => await inTurn<never>(guards, (guard) => guard.leave?.(ask)),
  };
}

/** What a change of who it is means to the next guard. */
function named(ask: ConnectAsk, { user, subject }: { readonly user?: string | undefined; readonly subject?: string | undefined }): object {
  return { ...(user !== undefined && { user }), ...(subject !== undefined && { info: { ...ask.info, subject } }) };
}

async function inTurn<Change>(
  guards: readonly HubGuard[],
  ask: (guard: HubGuard, changed: Change | undefined) => Answer<Change> | undefined,
): Promise<Verdict<Change>> {
  let changed: Change | undefined;
  for (const guard of guards) {
    const verdict = await ask(guard, changed);
    if (verdict === undefined) continue;
    if ("refuse" in verdict) return verdict;
    changed = changed === undefined ? verdict.change : { ...changed, ...verdict.change };
  }
  return changed === undefined ? undefined : { change: changed };
}
