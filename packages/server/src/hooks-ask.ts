import type { Asker, ConnectAsk, HubGuard, JoinAsk, PublishAsk, Refusal, SendAsk, Verdict } from "@openline/hub";
import * as v from "valibot";
import { faultText } from "./fault.ts";
import type { Logger } from "./log.ts";
import { randomIds } from "./random-ids.ts";
import type { askTopics } from "./setting-entries/setting-choices.ts";
import { hostOf, postSigned } from "./webhooks/http-post.ts";

export type AskTopic = (typeof askTopics)[number];

/** How the application is asked. */
export interface AskOptions {
  readonly url: string;
  readonly secret: string | undefined;
  readonly about: readonly AskTopic[];
  /** For the whole of an ask, its wait for its turn included. */
  readonly timeoutMs: number;
  /** Asks under way at a time; further ones wait. Default 100. */
  readonly mostAtOnce?: number;
  readonly log: Logger;
}

const answerBytes = 65_536;
const mostWaiting = 10_000;

/** What the application answers, with status 200. */
export const askAnswer: v.GenericSchema<unknown, AskAnswer> = v.variant("allow", [
  v.object({
    allow: v.literal(true),
    user: v.optional(v.pipe(v.string(), v.description("For `connect`: the name that others see, instead of what the client said."))),
    subject: v.optional(v.pipe(v.string(), v.description("For `connect`: the authenticated user."))),
    data: v.optional(
      v.pipe(v.unknown(), v.description("For `join`, `publish` and `send`: the data to go on with, instead of the client's.")),
    ),
  }),
  v.object({
    allow: v.literal(false),
    reason: v.optional(v.pipe(v.string(), v.maxLength(1000), v.description("What the client is told."))),
    code: v.optional(v.picklist(["forbidden", "unauthorized", "rate-limited", "bad-message"])),
    retryAfterMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  }),
]);

/** An answer, checked. */
export type AskAnswer =
  | { readonly allow: true; readonly user?: string | undefined; readonly subject?: string | undefined; readonly data?: unknown }
  | {
      readonly allow: false;
      readonly reason?: string | undefined;
      readonly code?: "forbidden" | "unauthorized" | "rate-limited" | "bad-message" | undefined;
      readonly retryAfterMs?: number | undefined;
    };

const askedFields = {
  id: v.pipe(v.string(), v.description("Of this ask, for logs.")),
  time: v.pipe(v.number(), v.integer(), v.description("Milliseconds since 1970.")),
};
const who = {
  session: v.optional(v.pipe(v.string(), v.description("Only of sessions without a `subject`."))),
  user: v.optional(v.string()),
  subject: v.optional(v.string()),
};

/** What the application is asked, for OpenAPI. */
export const askBody: v.GenericSchema = v.variant("type", [
  v.object({
    ...askedFields,
    type: v.literal("connect"),
    ...who,
    token: v.optional(v.pipe(v.string(), v.description("What the client sent to prove who it is."))),
    remoteAddress: v.optional(v.string()),
  }),
  v.object({ ...askedFields, type: v.literal("join"), ...who, room: v.string(), data: v.optional(v.unknown()) }),
  v.object({
    ...askedFields,
    type: v.literal("publish"),
    ...who,
    room: v.string(),
    data: v.unknown(),
    publishId: v.optional(v.string()),
    ephemeral: v.boolean(),
  }),
  v.object({ ...askedFields, type: v.literal("send"), ...who, to: v.string(), data: v.unknown() }),
]);

const undecided: Refusal = { code: "internal", message: "the application did not decide; try again later" };

/**
 * Asks the application's backend, in whatever language it is written, before clients act: one signed HTTP call each. What is not clearly
 * allowed in time is refused. Equal asks about connecting and joining that are under way are one call.
 */
export class ApplicationGuard implements HubGuard {
  readonly #options: AskOptions;
  readonly #about: ReadonlySet<string>;
  readonly #asked = new Map<string, Promise<AskAnswer | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #atWork = 0;

  constructor(options: AskOptions) {
    this.#options = options;
    this.#about = new Set(options.about);
  }

  get connect(): HubGuard["connect"] {
    return this.#about.has("connect") ? async (ask) => await this.#decideConnect(ask) : undefined;
  }

  get join(): HubGuard["join"] {
    return this.#about.has("join") ? async (ask) => dataVerdict(await this.#askOnce("join", joinFields(ask))) : undefined;
  }

  get publish(): HubGuard["publish"] {
    return this.#about.has("publish") ? async (ask) => dataVerdict(await this.#ask("publish", publishFields(ask))) : undefined;
  }

  get send(): HubGuard["send"] {
    return this.#about.has("send") ? async (ask) => dataVerdict(await this.#ask("send", sendFields(ask))) : undefined;
  }

  async #decideConnect({
    user,
    token,
    info,
    session,
  }: ConnectAsk): Promise<Verdict<{ readonly user?: string; readonly subject?: string }>> {
    const { subject, remoteAddress } = info;
    const answer = await this.#askOnce("connect", { session, user, subject, token, remoteAddress });
    if (answer?.allow !== true) return { refuse: refusalOf(answer) };
    return {
      change: { ...(answer.user !== undefined && { user: answer.user }), ...(answer.subject !== undefined && { subject: answer.subject }) },
    };
  }

  async #askOnce(type: AskTopic, fields: object): Promise<AskAnswer | undefined> {
    const key = JSON.stringify({ type, ...fields });
    const known = this.#asked.get(key);
    if (known !== undefined) return await known;
    const asking = this.#ask(type, fields).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return await asking;
  }

  /** @returns undefined when there is no answer to go by; the log has why */
  async #ask(type: AskTopic, fields: object): Promise<AskAnswer | undefined> {
    const { url, timeoutMs, log } = this.#options;
    const begun = performance.now();
    try {
      await this.#turn();
      try {
        return await this.#post(type, fields, Math.ceil(timeoutMs - (performance.now() - begun)));
      } finally {
        this.#next();
      }
    } catch (error) {
      log.warn({ ask: type, host: hostOf(url), reason: faultText(error) }, "the application did not decide");
      return undefined;
    }
  }

  async #post(type: AskTopic, fields: object, timeoutMs: number): Promise<AskAnswer> {
    const { url, secret } = this.#options;
    if (timeoutMs <= 0) throw new Error("its turn came too late");
    const id = `a${randomIds.epoch()}`;
    const body = JSON.stringify({ id, type, time: Date.now(), ...fields });
    const { status, text, isCut } = await postSigned({ url, secret, id, body, timeoutMs, answerBytes });
    if (status !== 200) throw new Error(`it answered ${status}, not 200`);
    if (isCut) throw new Error(`its answer is larger than ${answerBytes} bytes`);
    const result = v.safeParse(askAnswer, JSON.parse(text), { abortEarly: true });
    if (!result.success) throw new Error(`its answer is none: ${result.issues[0].message}`);
    return result.output;
  }

  async #turn(): Promise<void> {
    const { mostAtOnce = 100 } = this.#options;
    if (this.#atWork < mostAtOnce) return void this.#atWork++;
    if (this.#waiting.length >= mostWaiting) throw new Error(`${mostWaiting} asks wait already`);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the turn on, or gives it back. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#atWork--;
    else next();
  }
}

/** A session is named only where no authenticated user is: else equal asks of one user's sessions could not be one. */
function whoAsks({ session, user, subject }: Asker): object {
  return { ...(subject === undefined && { session }), user, subject };
}

const joinFields = ({ room, data, ...asker }: JoinAsk): object => ({ ...whoAsks(asker), room, data });
const sendFields = ({ to, data, ...asker }: SendAsk): object => ({ ...whoAsks(asker), to, data });
const publishFields = ({ room, data, id, ephemeral, ...asker }: PublishAsk): object => ({
  ...whoAsks(asker),
  room,
  data,
  publishId: id,
  ephemeral,
});

function dataVerdict(answer: AskAnswer | undefined): Verdict<{ readonly data: unknown }> {
  if (answer?.allow !== true) return { refuse: refusalOf(answer) };
  return answer.data === undefined ? undefined : { change: { data: answer.data } };
}

function refusalOf(answer: AskAnswer | undefined): Refusal {
  if (answer?.allow !== false) return undecided;
  const { code = "forbidden", reason = "the application does not allow this", retryAfterMs } = answer;
  return { code, message: reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
