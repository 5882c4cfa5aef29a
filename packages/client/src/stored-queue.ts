import type { HubClient } from "./client.ts";
import { ClientError } from "./errors.ts";
import { jsonCopy } from "./json-text.ts";
import type { PublishResult } from "./outbox.ts";
import { webPlatform } from "./platform.ts";

/** The browser's `sessionStorage` or `localStorage`, or whatever behaves like them. */
export interface TextStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  /** @throws when there is no space left. */
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

/** A publish as the storage keeps it. */
export interface StoredPublish {
  readonly id: string;
  readonly room: string;
  readonly data: unknown;
  /** Whether it may have reached the server. */
  readonly sent: boolean;
}

/** How a {@link StoredQueue} keeps what waits. */
export interface StoredQueueOptions {
  /** `sessionStorage` outlives a reload of one tab. `localStorage` outlives the tab too, but belongs to all tabs: give each queue there a `key` of its own. */
  readonly storage: TextStorage;
  /** What the queue's entries in the storage begin with. Default `openline`. */
  readonly key?: string;
  /** Hears how each publish ended that an earlier page had left: its result or error. `unknown`: it may have reached the server, so it was not sent again. */
  readonly recovered?: (publish: StoredPublish, outcome: PublishResult | ClientError) => void;
}

/**
 * Publishes that outlive the page: each is in the storage from `publish` until its promise settles. What a page left unsent goes out with
 * the next queue of the same key, before anything later; what it may have sent ends as `unknown`, because the next page has another session.
 * The client's `outboundLimit` bounds it. Next: publish through the queue in place of the client. There must be one live queue for a key.
 */
export class StoredQueue {
  readonly #client: Pick<HubClient, "publish" | "on" | "state">;
  readonly #storage: TextStorage;
  readonly #prefix: string;
  readonly #waiting = new Map<string, StoredPublish>();
  #next = 0;

  constructor(client: Pick<HubClient, "publish" | "on" | "state">, { storage, key = "openline", recovered }: StoredQueueOptions) {
    this.#client = client;
    this.#storage = storage;
    this.#prefix = `${key}:`;
    client.on("state", (state) => {
      if (state === "connected") this.#markSent();
    });
    for (const [at, publish] of this.#left()) void this.#recover(at, publish, recovered ?? (() => undefined));
  }

  /** How many wait for their end. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Like the client's `publish`, kept in the storage meanwhile. The promise rejects as that does, and with `queue-full` when the storage has no space left.
   */
  async publish(room: string, data: unknown): Promise<PublishResult> {
    const sent = this.#client.state === "connected";
    const publish = { id: webPlatform().uniqueName(), room, data: jsonCopy(data), sent };
    const at = `${this.#prefix}${this.#next++}`;
    try {
      this.#keep(at, publish);
    } catch (cause) {
      throw new ClientError("queue-full", `the storage takes no more: ${String(cause)}`, { cause });
    }
    return await this.#send(at, publish);
  }

  /** What an earlier page left, oldest first. What is not of the queue's making stays where it is. */
  #left(): [at: string, publish: StoredPublish][] {
    const numbers = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index) ?? "")
      .filter((at) => at.startsWith(this.#prefix) && /^\d+$/.test(at.slice(this.#prefix.length)))
      .map((at) => Number(at.slice(this.#prefix.length)))
      // oxlint-disable-next-line unicorn/no-array-sort -- the array is new, and ES2022 has no toSorted
      .sort((a, b) => a - b);
    this.#next = (numbers.at(-1) ?? -1) + 1;
    return numbers.flatMap((number) => {
      const at = `${this.#prefix}${number}`;
      const publish = parse(this.#storage.getItem(at));
      return publish === undefined ? [] : [[at, publish]];
    });
  }

  async #recover(at: string, publish: StoredPublish, recovered: NonNullable<StoredQueueOptions["recovered"]>): Promise<void> {
    if (publish.sent) {
      this.#storage.removeItem(at);
      recovered(publish, new ClientError("unknown", "the page ended before the answer came; the message may or may not be stored"));
      return;
    }
    this.#waiting.set(at, publish);
    if (this.#client.state === "connected") this.#markSent();
    let outcome: PublishResult | ClientError;
    try {
      outcome = await this.#send(at, publish);
    } catch (error) {
      outcome = error instanceof ClientError ? error : new ClientError("unknown", String(error), { cause: error });
    }
    recovered(publish, outcome);
  }

  async #send(at: string, { id, room, data }: StoredPublish): Promise<PublishResult> {
    try {
      return await this.#client.publish(room, data, { id });
    } finally {
      this.#waiting.delete(at);
      this.#storage.removeItem(at);
    }
  }

  /** The client has sent what waited, in this very turn. */
  #markSent(): void {
    for (const [at, publish] of this.#waiting) if (!publish.sent) this.#keep(at, { ...publish, sent: true });
  }

  #keep(at: string, publish: StoredPublish): void {
    this.#storage.setItem(at, JSON.stringify(publish));
    this.#waiting.set(at, publish);
  }
}

function parse(text: string | null): StoredPublish | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return isStoredPublish(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStoredPublish(value: unknown): value is StoredPublish {
  if (typeof value !== "object" || value === null || !("id" in value && "room" in value && "sent" in value)) return false;
  return typeof value.id === "string" && typeof value.room === "string" && typeof value.sent === "boolean";
}
