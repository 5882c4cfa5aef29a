/** A named channel between the tabs of an origin: what one object of a name posts, all others of that name hear, in order. */
export interface TabChannel {
  post(message: unknown): void;
  /** Hears what others post from now on. */
  listen(listener: (message: unknown) => void): void;
  close(): void;
}

/** How a lock is asked for. */
export interface LockOptions {
  /** Called when a lock that was held is taken away. */
  readonly lost?: () => void;
  /** Takes the lock away from whoever has it. Default false. */
  readonly steal?: boolean;
}

/** What the tabs of an origin have in common. Tests make their own. */
export interface TabWorld {
  channel(name: string): TabChannel;
  /** Waits for the lock `name` and calls `held`. The browser takes it back when the tab is gone. Returns the function that gives it back, or ends the wait. */
  lock(name: string, held: () => void, options?: LockOptions): () => void;
  /** Calls `listener` when the page goes. Returns the function that ends it. */
  onPageHide(listener: () => void): () => void;
}

interface BroadcastChannelLike {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

interface LockRequest {
  readonly steal?: boolean;
  readonly signal?: unknown;
}

interface Globals {
  readonly BroadcastChannel?: new (name: string) => BroadcastChannelLike;
  readonly navigator?: { readonly locks?: { request(name: string, options: LockRequest, held: () => Promise<void>): Promise<void> } };
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
  addEventListener?(type: "pagehide", listener: () => void): void;
  removeEventListener?(type: "pagehide", listener: () => void): void;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler knows no DOM here, and every member that may be absent is optional
const globals = globalThis as unknown as Globals;

/** The tabs of this origin by Web Locks and BroadcastChannel; `undefined` where either is missing, or forbidden as in a sandboxed frame. */
export function webTabs(): TabWorld | undefined {
  const { BroadcastChannel, navigator } = globals;
  const locks = navigator?.locks;
  if (BroadcastChannel === undefined || locks === undefined) return undefined;
  return {
    channel: (name) => {
      const channel = new BroadcastChannel(name);
      return {
        post: (message) => {
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has its own origin and no other
          channel.postMessage(message);
        },
        listen: (listener) => {
          channel.addEventListener("message", ({ data }) => {
            listener(data);
          });
        },
        close: () => {
          channel.close();
        },
      };
    },
    lock: (name, held, { lost, steal = false } = {}) => {
      const wait = new globals.AbortController();
      let release: (() => void) | undefined;
      const hold = async (): Promise<void> =>
        await new Promise((resolve) => {
          release = resolve;
          held();
        });
      locks.request(name, steal ? { steal } : { signal: wait.signal }, hold).catch(() => {
        // Ended while it waited, or taken away while it was held.
        if (release !== undefined) lost?.();
      });
      return () => {
        if (release === undefined) wait.abort();
        else release();
      };
    },
    onPageHide: (listener) => {
      globals.addEventListener?.("pagehide", listener);
      return () => globals.removeEventListener?.("pagehide", listener);
    },
  };
}
