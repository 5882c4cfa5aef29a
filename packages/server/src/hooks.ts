import {
  type ConnectAsk,
  type HubActivity,
  type HubGuard,
  type JoinAsk,
  type LeaveAsk,
  type PublishAsk,
  type Refusal,
  RoomPattern,
  type SendAsk,
  type Verdict,
} from "@openline/hub";
import { checked, type StandardSchema } from "./standard-schema.ts";

/** What a hook returns to refuse; made by {@link refuse}. */
export class HookRefusal {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** Returned from a hook it refuses, with a reason that the client is shown. `code` is one of the wire's; default `forbidden`. */
export function refuse(message: string, code: Refusal["code"] = "forbidden", retryAfterMs?: number): HookRefusal {
  return new HookRefusal({ code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

type Answer<Change> = HookRefusal | Change | undefined | void | Promise<HookRefusal | Change | undefined | void>;
type Activity<Type extends HubActivity["type"]> = Extract<HubActivity, { readonly type: Type }>;
type Heard = void | Promise<void>;

/** A disconnect that the application asked for, by the HTTP API or in process. */
export interface DisconnectAsk {
  readonly user?: string;
  readonly session?: string;
  readonly reason: string | undefined;
}

/** Hooks around what sessions do in rooms. A `before` hook returns nothing, changed data, or {@link refuse}; `after` hooks only hear. */
export interface RoomHooks<In = unknown, Out = In> {
  beforeJoin?(ask: JoinAsk): Answer<{ readonly data: unknown }>;
  afterJoin?(event: Activity<"join">): Heard;
  /** `ask.data` has passed the room's schema, if there is one. */
  beforePublish?(ask: PublishAsk & { readonly data: Out }): Answer<{ readonly data: In | Out }>;
  afterPublish?(event: Activity<"publish"> & { readonly data: Out }): Heard;
  beforeLeave?(ask: LeaveAsk): Answer<never>;
  afterLeave?(event: Activity<"leave">): Heard;
}

/** Hooks of the whole server. */
export interface Hooks extends RoomHooks {
  /** `change` sets who it is: `user` is what others see, `subject` the authenticated user. */
  beforeConnect?(ask: ConnectAsk): Answer<Who>;
  afterConnect?(event: Activity<"connect">): Heard;
  /** Of a direct message of a client to a user. */
  beforeSend?(ask: SendAsk): Answer<{ readonly data: unknown }>;
  afterSend?(event: Activity<"send">): Heard;
  /** Of a disconnect that the application asked for; a connection that breaks asks nobody. */
  beforeDisconnect?(ask: DisconnectAsk): Answer<never>;
  /** The connection is gone, whoever ended it; the session may come back. */
  afterDisconnect?(event: Activity<"disconnect">): Heard;
}

/** What a {@link HookBook} is made of. */
export interface HookBookOptions {
  readonly hooks?: Hooks;
  readonly schemas?: Readonly<Record<string, StandardSchema>>;
  /** After how long a `before` hook that does not answer refuses. */
  readonly timeoutMs: number;
  /** Hears what hooks threw. */
  readonly onFault: (error: unknown, hook: string) => void;
}

interface Who {
  readonly user?: string;
  readonly subject?: string;
}

interface Data {
  readonly data: unknown;
}

interface Entry {
  readonly pattern: RoomPattern | undefined;
  readonly hooks: Hooks;
}

const nothing = (): void => {};

const afterHooks = {
  connect: "afterConnect",
  disconnect: "afterDisconnect",
  join: "afterJoin",
  leave: "afterLeave",
  publish: "afterPublish",
  send: "afterSend",
} as const;

/** The application's hooks and the schemas of its rooms, as a guard and an observer of the hub. */
export class HookBook implements HubGuard {
  readonly #options: HookBookOptions;
  readonly #entries: Entry[] = [];
  readonly #schemas: readonly { readonly pattern: RoomPattern; readonly schema: StandardSchema }[];
  #heard: HubActivity[] = [];

  constructor(options: HookBookOptions) {
    this.#options = options;
    if (options.hooks !== undefined) this.#entries.push({ pattern: undefined, hooks: options.hooks });
    this.#schemas = Object.entries(options.schemas ?? {})
      .map(([text, schema]) => ({ pattern: new RoomPattern(text), schema }))
      .toSorted((one, other) => one.pattern.compare(other.pattern));
  }

  /** Adds hooks: of the rooms that a pattern fits, or of the server. Returns the function that takes them away. */
  add(pattern: string | undefined, hooks: Hooks): () => void {
    const entry = { pattern: pattern === undefined ? undefined : new RoomPattern(pattern), hooks };
    this.#entries.push(entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** The schema of a room: that of the most specific pattern that fits. */
  schemaOf(room: string): StandardSchema | undefined {
    return this.#schemas.find(({ pattern }) => pattern.matches(room))?.schema;
  }

  // What the hub asks. Where no hook listens there is no such guard: nothing waits for it.
  get connect(): HubGuard["connect"] {
    return this.#has("beforeConnect") ? async (ask) => await this.#ask<Who>("beforeConnect", undefined, ask) : undefined;
  }

  get join(): HubGuard["join"] {
    return this.#has("beforeJoin") ? async (ask) => await this.#ask<Data>("beforeJoin", ask.room, ask) : undefined;
  }

  get publish(): HubGuard["publish"] {
    const isNeeded = this.#schemas.length > 0 || this.#has("beforePublish");
    return isNeeded ? async (ask) => await this.#askPublish(ask) : undefined;
  }

  get send(): HubGuard["send"] {
    return this.#has("beforeSend") ? async (ask) => await this.#ask<Data>("beforeSend", undefined, ask) : undefined;
  }

  get leave(): HubGuard["leave"] {
    return this.#has("beforeLeave") ? async (ask) => await this.#ask<never>("beforeLeave", ask.room, ask) : undefined;
  }

  /** Why a hook refuses a disconnect; `undefined` when none does. */
  async beforeDisconnect(ask: DisconnectAsk): Promise<string | undefined> {
    try {
      const verdict = await this.#ask<never>("beforeDisconnect", undefined, ask);
      return verdict !== undefined && "refuse" in verdict ? verdict.refuse.message : undefined;
    } catch (error) {
      this.#options.onFault(error, "beforeDisconnect");
      return "the server failed to decide this; its log has it";
    }
  }

  /** Takes note of what was done: the hooks hear of it in a later turn, in its order. */
  observe(activity: HubActivity): void {
    if (activity.type === "occupied" || activity.type === "vacated") return;
    if (!this.#has(afterHooks[activity.type])) return;
    if (this.#heard.push(activity) === 1) setImmediate(() => this.#tell());
  }

  #tell(): void {
    const heard = this.#heard;
    this.#heard = [];
    for (const activity of heard) {
      if (activity.type === "occupied" || activity.type === "vacated") continue;
      const name = afterHooks[activity.type];
      for (const hooks of this.#fitting("room" in activity ? activity.room : undefined)) this.#call(name, hooks, activity);
    }
  }

  #call(name: (typeof afterHooks)[keyof typeof afterHooks], hooks: Hooks, activity: HubActivity): void {
    const failed = (error: unknown): void => this.#options.onFault(error, name);
    try {
      Promise.resolve(Reflect.apply(hooks[name] ?? nothing, hooks, [activity])).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  async #askPublish(ask: PublishAsk): Promise<Verdict<Data>> {
    const schema = this.schemaOf(ask.room);
    if (schema === undefined) return await this.#ask<Data>("beforePublish", ask.room, ask);
    const result = await checked(schema, ask.data);
    if ("fault" in result) return { refuse: { code: "bad-message", message: result.fault } };
    const verdict = await this.#ask<Data>("beforePublish", ask.room, { ...ask, data: result.value });
    return verdict ?? { change: { data: result.value } };
  }

  /** Asks the hooks in turn, each with what those before it changed. @throws what a hook threw; an error when it took too long */
  async #ask<Change>(name: keyof Hooks, room: string | undefined, ask: object): Promise<Verdict<Change>> {
    const changes = {};
    for (const hooks of this.#fitting(room)) {
      const answer = await this.#inTime(name, Reflect.apply(hooks[name] ?? nothing, hooks, [{ ...ask, ...changes }]));
      if (answer instanceof HookRefusal) return { refuse: answer.refusal };
      if (typeof answer === "object") Object.assign(changes, answer);
    }
    if (Object.keys(changes).length === 0) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the hooks' own types say what they change
    return { change: changes as Change };
  }

  async #inTime<T>(name: string, answer: T | Promise<T>): Promise<T> {
    if (!(answer instanceof Promise)) return answer;
    const { timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} did not answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #has(name: keyof Hooks): boolean {
    return this.#entries.some(({ hooks }) => hooks[name] !== undefined);
  }

  #fitting(room: string | undefined): Hooks[] {
    return this.#entries
      .filter(({ pattern }) => pattern === undefined || (room !== undefined && pattern.matches(room)))
      .map(({ hooks }) => hooks);
  }
}
