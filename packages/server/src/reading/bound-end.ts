import type { ServerResponse } from "node:http";

/**
 * Breaks off a response that has its end, and whose client does not read it within `withinMs`: it would hold its connection, its memory, and its place under the caps, for as long as the
 * client likes.
 */
export function boundEnd(response: Pick<ServerResponse, "destroy" | "once">, withinMs: number): void {
  const deadline = setTimeout(() => response.destroy(), withinMs).unref();
  response.once("close", () => clearTimeout(deadline));
}
