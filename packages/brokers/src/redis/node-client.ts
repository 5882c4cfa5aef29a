/** What is asked of each server. */
export interface NodeClient {
  ping(): Promise<unknown>;
  sendCommand(args: string[]): Promise<unknown>;
}

/** All keys of one server that fit a pattern, in parts. */
export async function* scanOne(client: NodeClient, pattern: string): AsyncIterable<string[]> {
  for (let cursor = "0"; ; ) {
    const reply: unknown = await client.sendCommand(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"]);
    if (!Array.isArray(reply)) return;
    const [next, keys]: unknown[] = reply;
    yield Array.isArray(keys) ? keys.map(String) : [];
    cursor = String(next);
    if (cursor === "0") return;
  }
}

/** A client that never connected, or is gone already, throws. */
export function destroyQuietly(client: { destroy(): void }): void {
  try {
    client.destroy();
  } catch {
    // It was closed before.
  }
}
