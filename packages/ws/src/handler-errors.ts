import type { WebSocket } from "./websocket.ts";

/**
 * What happens when a listener of the application throws, or answers a promise that is rejected. `throw`: it reaches the process, as with `ws`. `close`: the
 * connection is closed with 1011, the others go on, and the process is warned. A function: 1011, and the function is called instead of the warning; there is
 * no socket yet when a check of the handshake throws, which is answered with 500.
 */
export type HandlerErrorPolicy = "throw" | "close" | ((error: unknown, websocket: WebSocket | undefined) => void);

/** Hands the error of a listener on as the policy says. Closing the connection is up to the caller. */
export function reportHandlerError(policy: HandlerErrorPolicy, error: unknown, websocket: WebSocket | undefined): void {
  if (typeof policy === "function") return policy(error, websocket);
  if (policy === "throw") {
    // In a tick of its own, where it is the process's business and breaks nothing off.
    process.nextTick(() => {
      throw error;
    });
    return;
  }
  const [message, detail] = error instanceof Error ? [error.message, error.stack] : [String(error), undefined];
  const what =
    websocket === undefined
      ? "A check of a handshake threw, which was refused with 500"
      : "A listener of a WebSocket threw, it was closed with 1011";
  process.emitWarning(`${what}: ${message}`, {
    type: "HandlerError",
    code: "OPENLINE_HANDLER_ERROR",
    ...(detail === undefined ? {} : { detail }),
  });
}

/** The part of an EventEmitter that {@link emitGuarded} needs. */
export interface GuardedEmitter {
  rawListeners(name: string): unknown[];
}

/**
 * Calls every listener like `emit`, each by itself: what one throws, or what its promise is rejected with, goes to `onError` and keeps the others from
 * nothing. Without a listener nothing happens, also for `error`.
 */
export function emitGuarded(emitter: GuardedEmitter, name: string, args: readonly unknown[], onError: (error: unknown) => void): void {
  for (const listener of emitter.rawListeners(name)) {
    try {
      const result: unknown = typeof listener === "function" ? Reflect.apply(listener, emitter, args) : undefined;
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  }
}

/** Closes a connection whose handler threw with 1011, and reports what it threw. */
export function failHandler(policy: HandlerErrorPolicy, websocket: WebSocket, error: unknown): void {
  websocket.close(1011, "internal error");
  reportHandlerError(policy, error, websocket);
}

/** Calls a handler for a new connection. With another policy than `throw`, what it throws or is rejected with closes that connection with 1011. */
export function callGuarded(policy: HandlerErrorPolicy, websocket: WebSocket, handler: () => unknown): void {
  if (policy === "throw") return void handler();
  try {
    const result = handler();
    if (result instanceof Promise) result.catch((error: unknown) => failHandler(policy, websocket, error));
  } catch (error) {
    failHandler(policy, websocket, error);
  }
}
