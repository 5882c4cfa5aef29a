/** What a worker asks about a session that it does not have. */
export interface HomeQuestion {
  readonly id: string;
  /** The socket on which the asking worker takes what others forward. */
  readonly path: string;
  /** Whether the request may begin a session: then it is the asking worker's, unless it is somebody's already. */
  readonly opens: boolean;
}

/** In which worker each session lives whose requests may reach any of them (SockJS over HTTP). The primary keeps it. */
export class SessionHomes {
  readonly #homes = new Map<string, { readonly worker: number; readonly path: string }>();

  /** How many are known. */
  get size(): number {
    return this.#homes.size;
  }

  /** The socket of the worker that has the session; null when none has. */
  find(worker: number, { id, path, opens }: HomeQuestion): string | null {
    const known = this.#homes.get(id);
    if (known !== undefined) return known.path;
    if (!opens) return null;
    this.#homes.set(id, { worker, path });
    return path;
  }

  /** A session of this worker is over. */
  over(worker: number, id: string): void {
    if (this.#homes.get(id)?.worker === worker) this.#homes.delete(id);
  }

  /** The worker is gone, and its sessions with it. */
  leave(worker: number): void {
    for (const [id, home] of this.#homes) if (home.worker === worker) this.#homes.delete(id);
  }
}
