/** Who did it: a session by its public id, the name it shows, and the authenticated user. */
export interface Actor {
  readonly session: string;
  readonly user?: string;
  readonly subject?: string;
}

/**
 * What sessions of this node did, told after it was done, in its order: once per deed in the whole cluster, by the node that the session is
 * connected to. `time` is in milliseconds since 1970.
 */
export type HubActivity = { readonly time: number } & (
  | (Actor & { readonly type: "connect"; readonly resumed: boolean; readonly remoteAddress?: string })
  /** The connection is gone; the session may come back. */
  | (Actor & { readonly type: "disconnect"; readonly code: number; readonly reason: string })
  | (Actor & { readonly type: "join"; readonly room: string; readonly data?: unknown })
  | (Actor & { readonly type: "leave"; readonly room: string })
  /** A direct message; `delivered` is the number of the user's sessions that were connected. */
  | (Actor & { readonly type: "send"; readonly to: string; readonly data: unknown; readonly delivered: number })
  /** A room has its first member, or lost its last. */
  | { readonly type: "occupied" | "vacated"; readonly room: string }
  /** Without `session` the application published it; without `position` it was ephemeral. */
  | (Partial<Actor> & {
      readonly type: "publish";
      readonly room: string;
      readonly data: unknown;
      readonly id?: string;
      readonly position?: string;
    })
);

type WithoutTime<A> = A extends unknown ? Omit<A, "time"> : never;

/** An activity before it has its time. */
export type Deed = WithoutTime<HubActivity>;
