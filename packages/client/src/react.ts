import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { HubClient } from "./client.ts";
import { ClientError } from "./errors.ts";
import type { PublishResult } from "./outbox.ts";
import { idleView, type RoomView, type RoomViewOptions, roomStore } from "./react/room-store.ts";
import type { PublishOptions } from "./room.ts";
import type { ClientState } from "./states.ts";

export type { RoomView, RoomViewOptions } from "./react/room-store.ts";

/** What {@link OpenlineProvider} takes. */
export interface OpenlineProviderProps {
  /**
   * A client, which stays the application's; or a function that makes one. It is called in the browser alone, when the provider is on the page, and the client is closed
   * when it goes. Another function on a later render changes nothing.
   */
  readonly client: HubClient | (() => HubClient);
  readonly children?: ReactNode;
}

/** A room as {@link useRoom} gives it. */
export interface RoomOfHook<T = unknown> extends RoomView<T> {
  /** Like the client's `publish`, to this room. The same function on every render of the same room. Rejects with `not-connected` before there is a client. */
  readonly publish: (data: T, options?: PublishOptions) => Promise<PublishResult>;
}

const ClientContext = createContext<HubClient | undefined>(undefined);

/** Gives the components below it a client. Next: {@link useRoom}. */
export function OpenlineProvider({ client, children }: OpenlineProviderProps): ReactElement {
  const own = useOwnClient(client);
  return createElement(ClientContext.Provider, { value: typeof client === "function" ? own : client }, children);
}

/** The provider's client; `undefined` on a server and before the provider's function was called. */
export function useClient(): HubClient | undefined {
  return useContext(ClientContext);
}

/** Where the client stands: `idle` on a server and before there is one. */
export function useConnectionState(): ClientState {
  const client = useClient();
  return useSyncExternalStore(
    useCallback((listener) => client?.on("state", listener) ?? nothing, [client]),
    () => client?.state ?? "idle",
    () => "idle",
  );
}

/**
 * Joins a room while the component is on the page, and shows it: its newest messages, its members, a function to publish. Any number of components may show the same
 * room: it is joined once, as the first one says, and left with the last one.
 */
export function useRoom<T = unknown>(name: string, options: RoomViewOptions = {}): RoomOfHook<T> {
  const client = useClient();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const subscribe = useCallback(
    (listener: () => void) => (client === undefined ? nothing : roomStore(client, name).subscribe(listener, latest.current)),
    [client, name],
  );
  const view = useSyncExternalStore(
    subscribe,
    () => (client === undefined ? idleView : roomStore(client, name).view),
    () => idleView,
  );
  const publish = useCallback(
    async (data: T, how?: PublishOptions) => {
      if (client === undefined) throw new ClientError("not-connected");
      return await client.publish(name, data, how);
    },
    [client, name],
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the application vouches for its own data by naming T
  return { ...(view as RoomView<T>), publish };
}

/** The client that a function makes, from the first effect to the last. */
function useOwnClient(client: HubClient | (() => HubClient)): HubClient | undefined {
  const [own, setOwn] = useState<HubClient>();
  const isMade = typeof client === "function";
  const latest = useRef(client);
  useEffect(() => {
    if (!isMade || typeof latest.current !== "function") return nothing;
    const made = latest.current();
    setOwn(made);
    return () => {
      made.close();
    };
  }, [isMade]);
  return own;
}

const nothing = (): void => undefined;
