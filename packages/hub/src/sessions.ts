import type { Connect } from "@openline/wire";
import type { Revocation } from "./access/identity.ts";
import { remind } from "./assignment.ts";
import type { Connection } from "./connection.ts";
import type { Whom } from "./control-room.ts";
import type { OpenRooms } from "./open-rooms.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import type { UserDirectory } from "./user-directory.ts";

export interface SessionsOptions {
  readonly settings: Settings;
  readonly rooms: OpenRooms;
  /** Is told which users have connected sessions here. */
  readonly users: UserDirectory;
  /** Called after a session has ended. */
  readonly onEnd: () => void;
}

/** The sessions of this node, with a connection or waiting for one. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** One session, or all of a user, as far as they are here. */
  of(whom: Whom): readonly Session[] {
    if ("user" in whom) return [...this.#sessions.values()].filter(({ user }) => user === whom.user);
    const known = this.#sessions.get(whom.session);
    return known === undefined ? [] : [known];
  }

  /** Gives a connection the session that its `connect` names and proves, or a new one; closes the connection that held it. */
  take(
    connection: Connection,
    request: Pick<Connect, "session"> & { readonly user?: string | undefined },
  ): { readonly session: Session; readonly resumed: boolean } {
    const known = request.session === undefined ? undefined : this.#sessions.get(request.session.id);
    const { subject, isReader = false } = connection.info;
    const isProved = known !== undefined && isSame(known.secret, request.session?.resume ?? "") && known.subject === subject;
    const session = isProved ? known : this.#start(request.user, subject, isReader);
    const older = session.attach(connection);
    older?.close(4405, "the session was taken over by a newer connection");
    for (const [room, { assignment }] of session.memberships) if (assignment?.isTold === false) this.#remind(session, room);
    this.#options.settings.log({ type: isProved ? "session-resumed" : "session-started", session: session.id });
    return { session, resumed: isProved };
  }

  /** Ends those that a revocation means and that have no connection to be told by; one that is named ends in any case. */
  endRevoked(revocation: Revocation): void {
    if ("session" in revocation) this.#sessions.get(revocation.session)?.end("revoked");
    if (!("user" in revocation)) return;
    for (const session of this.#sessions.values())
      if (session.subject === revocation.user && session.connection === undefined) session.end("revoked");
  }

  /** Ends every session. */
  close(): void {
    for (const session of this.#sessions.values()) session.end("shutdown");
  }

  #start(user: string | undefined, subject: string | undefined, isReader: boolean): Session {
    const { settings, rooms, users, onEnd } = this.#options;
    const session = new Session({
      settings,
      user,
      subject,
      isReader,
      onAway: (membership, name, lastSeen) => rooms.get(name)?.away(membership, lastSeen),
      onPresence: (changed, isConnected) => {
        if (user === undefined || isReader) return;
        if (isConnected) users.add(user, changed);
        else users.remove(user, changed);
      },
      remind: (owner, name) => this.#remind(owner, name),
      leave: (membership, name) => rooms.leave(membership, name),
      onEnd: (ended, reason) => {
        this.#sessions.delete(ended.id);
        onEnd();
        settings.log({ type: "session-ended", session: ended.id, reason });
      },
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  #remind(session: Session, room: string): void {
    const { settings, rooms } = this.#options;
    session.lanes.add(room, async () => await remind({ rooms, settings, session }, room));
  }
}

/** Compares without telling by its time how far they agree. */
function isSame(secret: string, given: string): boolean {
  let difference = secret.length ^ given.length;
  for (let index = 0; index < secret.length; index++) difference |= secret.charCodeAt(index) ^ given.charCodeAt(index);
  return difference === 0;
}
