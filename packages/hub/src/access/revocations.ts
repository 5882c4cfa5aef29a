import type { Broker, StoredMessage, Subscription } from "../broker.ts";
import { type Clock, Timer } from "../clock.ts";
import type { Identity, Revocation } from "./identity.ts";
import { withinTime } from "./time-limit.ts";

const room = "$revocations";
const pageMessages = 1000;
/** How long a revocation can last at most, and how long the log keeps it. */
export const mostRevocationMs: number = 30 * 24 * 60 * 60 * 1000;

/** Times of {@link Revocations}, in milliseconds. */
const pollMs = 1_000;
const answerMs = 1_500;
const silenceMs = 5_000;

/** One line of the log. `at`: what was granted until then is over. `until`: from then on nobody needs to remember it. */
interface Entry {
  readonly kind: "user" | "session" | "token";
  readonly name: string;
  readonly at: number;
  readonly until: number;
}

/** What the log of revocations needs of its hub. */
export interface RevocationsLink {
  readonly broker: Broker;
  readonly clock: Clock;
  /** Ends what `revocation` means here; what was granted after `at` goes on. */
  readonly end: (revocation: Revocation, at: number) => void;
  /** The broker was silent for 5 s: nobody may be served by what is known here. */
  readonly cutOff: () => void;
  readonly fault: (error: unknown) => void;
}

/**
 * The log of revocations in the broker, and what it means on this node. A look once a second sees what was missed, so that a revocation holds within 2 s. A node that cannot look
 * lets nobody in (`current` waits), is cut off after 5 s, and has read all that it missed before `current` resolves again (R15).
 */
export class Revocations {
  readonly #link: RevocationsLink;
  readonly #known = new Map<string, Entry>();
  readonly #nextLook: Timer;
  readonly #silence: Timer;
  #waiting: (() => void)[] = [];
  #next = { epoch: "", offset: 0 };
  #subscribing: Promise<Subscription> | undefined;
  #sweepAt = 1000;
  #state: "idle" | "behind" | "current" | "closed" = "idle";
  #isLooking = false;
  #lookAgain = false;
  #isFailing = false;

  constructor(link: RevocationsLink) {
    this.#link = link;
    this.#nextLook = new Timer(link.clock, () => this.#look());
    this.#silence = new Timer(link.clock, () => this.#cutOff());
  }

  /** Whether this node knows every revocation that is older than two seconds. */
  get isCurrent(): boolean {
    return this.#state === "current";
  }

  /** Whether the last look failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Resolves when this node knows the log, from the first call on. Never, once it is closed. */
  async current(): Promise<void> {
    if (this.isCurrent) return;
    const known = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#state === "idle") {
      this.#state = "behind";
      this.#look();
    }
    await known;
  }

  /** Whether what proved this identity was revoked. */
  covers({ subject, tokenId, issuedAt }: Identity): boolean {
    const user = subject === undefined ? undefined : this.#known.get(`user ${subject}`);
    if (user !== undefined && issuedAt <= user.at) return true;
    return tokenId !== undefined && this.#known.has(`token ${tokenId}`);
  }

  /**
   * Writes a revocation down, for every node. Resolves when it is stored and holds here.
   * @throws Error when the broker did not say that it is stored: repeat it
   */
  async add(revocation: Revocation, forMs: number): Promise<void> {
    const { broker, clock } = this.#link;
    const at = clock.now();
    const content = `"data":${JSON.stringify({ ...revocation, at, until: at + forMs })}`;
    const retention = { messages: 1_000_000, bytes: 268_435_456, ageMs: mostRevocationMs };
    const { outcome } = await broker.publish(room, { content, bytes: content.length * 3, time: at, retention });
    if (outcome === "unknown") throw new Error("the store does not say whether the revocation is kept");
    this.#apply({ ...subjectOf(revocation), at, until: at + forMs });
  }

  close(): void {
    this.#state = "closed";
    this.#nextLook.clear();
    this.#silence.clear();
    this.#subscribing?.then(
      (subscription) => subscription.close(),
      () => {
        // There is nothing to close.
      },
    );
    this.#waiting = [];
  }

  #look(): void {
    this.#lookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookWhileAsked().finally(() => (this.#isLooking = false));
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#lookAgain && this.#state !== "closed") {
      this.#lookAgain = false;
      this.#nextLook.clear();
      try {
        await withinTime(this.#link.clock, answerMs, "the log of revocations could not be read in time", this.#read());
        this.#caughtUp();
      } catch (error) {
        this.#fellBehind(error);
      }
    }
    if (this.#state !== "closed") this.#nextLook.set(pollMs);
  }

  /** The subscription only makes it quicker; what counts is what the log says. */
  async #read(): Promise<void> {
    const { broker } = this.#link;
    this.#subscribing ??= this.#subscribe();
    await this.#subscribing;
    for (;;) {
      const { messages, top } = await broker.read(room, { offset: this.#next.offset, limit: pageMessages });
      if (top.epoch !== this.#next.epoch && this.#next.offset > 0) {
        // Another history: all of it may be new, and nothing of what is known is taken back.
        this.#next = { epoch: top.epoch, offset: 0 };
        continue;
      }
      for (const message of messages) this.#applyText(message);
      const last = messages.at(-1)?.position.offset ?? top.offset;
      this.#next = { epoch: top.epoch, offset: last + 1 };
      if (last >= top.offset) return;
    }
  }

  async #subscribe(): Promise<Subscription> {
    const look = (): void => this.#look();
    const subscriber = { message: look, insufficient: look, signal: () => {}, entered: () => {}, exited: () => {} };
    try {
      return await this.#link.broker.subscribe(room, subscriber);
    } catch (error) {
      this.#subscribing = undefined;
      throw error;
    }
  }

  #applyText({ content }: StoredMessage): void {
    const entry = readEntry(content);
    if (entry !== undefined) this.#apply(entry);
  }

  #apply(entry: Entry): void {
    const now = this.#link.clock.now();
    if (entry.until <= now) return;
    const key = `${entry.kind} ${entry.name}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.at >= entry.at && known.until >= entry.until) return;
    this.#known.set(key, entry);
    if (this.#known.size >= this.#sweepAt) this.#sweep(now);
    this.#link.end(revocationOf(entry), entry.at);
  }

  #sweep(now: number): void {
    for (const [key, { until }] of this.#known) if (until <= now) this.#known.delete(key);
    this.#sweepAt = Math.max(1000, this.#known.size * 2);
  }

  #caughtUp(): void {
    if (this.#state === "closed") return;
    this.#state = "current";
    this.#isFailing = false;
    this.#silence.set(silenceMs);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #fellBehind(error: unknown): void {
    // A store that is away for an hour is one line of the log, not 3,600.
    if (!this.#isFailing) this.#link.fault(error);
    this.#isFailing = true;
    if (this.#state === "current") this.#state = "behind";
  }

  #cutOff(): void {
    this.#state = "behind";
    this.#link.cutOff();
  }
}

function subjectOf(revocation: Revocation): Pick<Entry, "kind" | "name"> {
  if ("user" in revocation) return { kind: "user", name: revocation.user };
  return "session" in revocation ? { kind: "session", name: revocation.session } : { kind: "token", name: revocation.token };
}

function revocationOf({ kind, name }: Entry): Revocation {
  if (kind === "user") return { user: name };
  return kind === "session" ? { session: name } : { token: name };
}

/** What another node wrote, perhaps of another version: what is not understood is left out. */
function readEntry(content: string): Entry | undefined {
  const data = fieldOf(JSON.parse(`{${content}}`), "data");
  const at = fieldOf(data, "at");
  const until = fieldOf(data, "until");
  if (typeof at !== "number" || typeof until !== "number") return undefined;
  for (const kind of ["user", "session", "token"] as const) {
    const name = fieldOf(data, kind);
    if (typeof name === "string") return { kind, name, at, until };
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
