/** Called when the kernel took a message, or with the reason why it never will. */
export type SendCallback = {
  // A method, so that functions which declare the error as always there are let through, as `@types/ws` lets them.
  call(error?: Error): void;
}["call"];

/** A callback, and the mark of the machine that its message ends at. */
export interface WaitingCallback {
  readonly mark: number;
  readonly callback: SendCallback;
}

/**
 * Calls those whose marks were passed, in ticks of their own: a throw in one must neither stop the others nor the connection. Answers what is left; undefined
 * for none.
 */
export function callPassed(waiting: WaitingCallback[], passed: number): WaitingCallback[] | undefined {
  let count = 0;
  for (let first = waiting[0]; first !== undefined && first.mark <= passed; first = waiting[++count]) process.nextTick(first.callback);
  if (count === waiting.length) return undefined;
  if (count > 0) waiting.splice(0, count);
  return waiting;
}

/** Tells all of them, in ticks of their own, that their messages will never leave. */
export function callFailed(waiting: readonly WaitingCallback[], cause: Error | undefined): void {
  const error = cause ?? new Error("The connection was closed before the data was written");
  for (const { callback } of waiting) process.nextTick(callback, error);
}
