import type { FakeClock } from "@openline/testkit";
import type { TabChannel, TabWorld } from "../../src/shared/tab-world.ts";

interface Waiting {
  readonly tab: FakeTab;
  readonly held: () => void;
  readonly lost: (() => void) | undefined;
}

/** The tabs of one origin on a fake clock: channels with a delay, locks that a killed tab gives back. */
export class FakeTabs {
  readonly clock: FakeClock;
  readonly channels = new Set<FakeChannel>();
  readonly #locks = new Map<string, Waiting[]>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  tab(): FakeTab {
    return new FakeTab(this);
  }

  /** Who holds a lock, and who waits for it. */
  queue(name: string): readonly Waiting[] {
    return this.#locks.get(name) ?? [];
  }

  ask(name: string, asked: Waiting, steal: boolean): () => void {
    const [holder, ...rest] = this.queue(name);
    if (steal && holder !== undefined) {
      this.#locks.set(name, [asked, ...rest]);
      this.#later(() => holder.lost?.());
      this.#later(asked.held);
    } else {
      this.#locks.set(name, [...this.queue(name), asked]);
      if (holder === undefined) this.#later(() => this.queue(name)[0] === asked && asked.held());
    }
    return () => {
      this.#drop(name, (waiting) => waiting === asked);
    };
  }

  release(tab: FakeTab): void {
    for (const name of this.#locks.keys()) this.#drop(name, (waiting) => waiting.tab === tab);
  }

  #drop(name: string, which: (waiting: Waiting) => boolean): void {
    const [before] = this.queue(name);
    const left = this.queue(name).filter((waiting) => !which(waiting));
    this.#locks.set(name, left);
    const [now] = left;
    if (now !== undefined && now !== before) this.#later(() => this.queue(name)[0] === now && now.held());
  }

  #later(action: () => void): void {
    this.clock.setTimeout(action, 1);
  }
}

/** One tab. `frozen`: nothing in it runs, but its locks are held. */
export class FakeTab implements TabWorld {
  readonly #all: FakeTabs;
  frozen = false;
  #pageHide = new Set<() => void>();

  constructor(all: FakeTabs) {
    this.#all = all;
  }

  channel(name: string): TabChannel {
    return new FakeChannel(this.#all, this, name);
  }

  lock(name: string, held: () => void, { lost, steal = false }: { lost?: () => void; steal?: boolean } = {}): () => void {
    if (this.frozen) return () => undefined;
    return this.#all.ask(name, { tab: this, held: () => !this.frozen && held(), lost }, steal);
  }

  onPageHide(listener: () => void): () => void {
    this.#pageHide.add(listener);
    return () => this.#pageHide.delete(listener);
  }

  /** The browser takes everything back; the page's scripts run no more. */
  kill(): void {
    this.frozen = true;
    for (const channel of this.#all.channels) if (channel.tab === this) channel.close();
    this.#all.release(this);
  }

  /** As the user closes a tab. */
  closePage(): void {
    for (const listener of this.#pageHide) listener();
    this.kill();
  }
}

class FakeChannel implements TabChannel {
  readonly tab: FakeTab;
  readonly #all: FakeTabs;
  readonly #name: string;
  #listener: ((message: unknown) => void) | undefined;

  constructor(all: FakeTabs, tab: FakeTab, name: string) {
    this.#all = all;
    this.tab = tab;
    this.#name = name;
    all.channels.add(this);
  }

  post(message: unknown): void {
    if (this.tab.frozen || !this.#all.channels.has(this)) return;
    const copy: unknown = structuredClone(message);
    const others = [...this.#all.channels].filter((channel) => channel !== this && channel.#name === this.#name);
    this.#all.clock.setTimeout(() => {
      for (const other of others) other.#hear(copy);
    }, 1);
  }

  listen(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#all.channels.delete(this);
  }

  #hear(message: unknown): void {
    if (!this.tab.frozen && this.#all.channels.has(this)) this.#listener?.(message);
  }
}
