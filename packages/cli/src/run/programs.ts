import type { AccessLog } from "./access-log.ts";
import type { Environment } from "./environment.ts";
import type { ForkCap } from "./fork-cap.ts";
import { ProgramGroup } from "./program-group.ts";
import type { RunSettings } from "./run-settings.ts";

/** Which program a request is for. */
export interface ProgramRoute {
  readonly file: string;
  readonly args: readonly string[];
  readonly room: string;
}

/** What {@link Programs} is made of. */
export interface ProgramsOptions {
  readonly settings: RunSettings;
  readonly forks: ForkCap;
  readonly log: AccessLog;
  /** What every program gets. */
  readonly environment: Environment;
}

/** Every program that runs for WebSocket clients, and which of them the next client goes to. */
export class Programs {
  readonly #options: ProgramsOptions;
  readonly #groups = new Set<ProgramGroup>();
  /** Those that others may join, by program and room. */
  readonly #shared = new Map<string, ProgramGroup[]>();

  constructor(options: ProgramsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Starts what runs without clients: the shared process, or the pool. */
  start(): void {
    const { mode, command, hub } = this.#options.settings;
    if (command === undefined) return;
    const count = mode.kind === "pool" ? mode.size : mode.kind === "shared" || hub !== undefined ? 1 : 0;
    const route = { ...command, room: "" };
    for (let at = 0; at < count; at++) this.#sharedBy(this.#keyOf(route), route).start();
  }

  /** Whether a client on this route would need another process while there may be no more. */
  isFull(route: ProgramRoute): boolean {
    const { mode, hub } = this.#options.settings;
    const needsOne = (mode.kind === "per-connection" && hub === undefined) || (this.#shared.get(this.#keyOf(route))?.length ?? 0) === 0;
    return needsOne && this.#options.forks.isFull;
  }

  /** The group for the next client; `request` are the variables that a process of its own gets. */
  groupFor(route: ProgramRoute, request: Environment): ProgramGroup {
    const { mode, hub } = this.#options.settings;
    if (mode.kind === "per-connection" && hub === undefined) return this.#create(route, request, 0);
    const key = this.#keyOf(route);
    const groups = this.#shared.get(key) ?? [];
    if (groups.length < (mode.kind === "pool" ? mode.size : 1)) return this.#sharedBy(key, route);
    return groups.reduce((least, group) => (group.size < least.size ? group : least));
  }

  /** Ends all of them, and resolves when they have ended. */
  async drain(): Promise<void> {
    await Promise.all([...this.#groups].map((group) => group.drain()));
  }

  /** At once. */
  kill(): void {
    for (const group of this.#groups) group.kill();
  }

  #keyOf({ file, room }: ProgramRoute): string {
    return this.#options.settings.mode.kind === "per-room" ? `${file}\0${room}` : file;
  }

  #sharedBy(key: string, route: ProgramRoute): ProgramGroup {
    const { mode, lingerMs, hub } = this.#options.settings;
    const own = { OPENLINE_MODE: hub === undefined ? mode.kind : "hub", ...(mode.kind === "per-room" && { OPENLINE_ROOM: route.room }) };
    const group = this.#create(route, own, mode.kind === "per-room" ? lingerMs : undefined, () => {
      const left = (this.#shared.get(key) ?? []).filter((other) => other !== group);
      if (left.length > 0) this.#shared.set(key, left);
      else this.#shared.delete(key);
    });
    this.#shared.set(key, [...(this.#shared.get(key) ?? []), group]);
    return group;
  }

  #create({ file, args }: ProgramRoute, more: Environment, lingerMs: number | undefined, onRetired: () => void = () => {}): ProgramGroup {
    const { settings, forks, log, environment } = this.#options;
    // What is handed on may replace SERVER_SOFTWARE, as in websocketd, but nothing that says who asks.
    const start = { file, args, env: { ...environment, ...more } };
    const group = new ProgramGroup({ start, rules: settings, forks, log, lingerMs, onRetired });
    this.#groups.add(group);
    void group.over.then(() => this.#groups.delete(group));
    return group;
  }
}
