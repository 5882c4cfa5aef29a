import type { Clock } from "../clock.ts";
import { Grants } from "./grants.ts";
import type { AccessOptions, AuthorizationRequest, Identity, RoomAction } from "./identity.ts";
import { withinTime } from "./time-limit.ts";

/** Who asks. */
export interface Asker {
  readonly identity: Identity | undefined;
  /** The session's public id. */
  readonly session: string;
}

/** The rights of one identity, read once. */
interface Rights {
  readonly own: Grants | undefined;
  readonly common: Grants | undefined;
}

/**
 * Decides what may be done in a room. Three sources grant: the token, the rules, the `authorize` function, which is asked last. Where there is none of the three everything is
 * granted; where there is one, what none grants is denied.
 */
export class Permissions {
  readonly #options: AccessOptions;
  readonly #clock: Clock;
  readonly #rights = new WeakMap<Identity, Rights>();
  readonly #nobody: Rights;
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(options: AccessOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#nobody = this.#read(undefined);
  }

  /** A decision at hand is given at once. @throws what `authorize` threw, or an error when it took too long */
  allows(asker: Asker, action: RoomAction, room: string): boolean | Promise<boolean> {
    const { identity } = asker;
    if (identity?.isApplication === true) return true;
    const { own, common } = identity === undefined ? this.#nobody : this.#rightsOf(identity);
    if (own?.allows(action, room) === true || common?.allows(action, room) === true) return true;
    if (this.#options.authorize !== undefined) return this.#ask({ action, room, subject: identity?.subject, session: asker.session });
    return own === undefined && common === undefined;
  }

  #rightsOf(identity: Identity): Rights {
    const known = this.#rights.get(identity) ?? this.#read(identity);
    this.#rights.set(identity, known);
    return known;
  }

  #read(identity: Identity | undefined): Rights {
    const { rooms } = this.#options;
    return {
      own: identity?.rooms && new Grants(identity.rooms, identity.subject),
      common: rooms && new Grants(rooms, identity?.subject),
    };
  }

  /** After a restart of the network a thousand sessions of one user ask the same: the application is asked once (R6). */
  #ask(request: AuthorizationRequest): Promise<boolean> {
    const { action, room, subject, session } = request;
    const key = JSON.stringify(subject === undefined ? [action, room, session, 0] : [action, room, subject]);
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const decision = this.#decide(request).finally(() => this.#asked.delete(key));
    this.#asked.set(key, decision);
    return decision;
  }

  async #decide(request: AuthorizationRequest): Promise<boolean> {
    const { authorize, decisionTimeoutMs: timeoutMs = 5_000 } = this.#options;
    const asked = Promise.resolve(request).then(authorize);
    // Only `true` grants: a function that forgets to return must not open a door.
    return (await withinTime(this.#clock, timeoutMs, `authorize did not decide within ${timeoutMs} ms`, asked)) === true;
  }
}
