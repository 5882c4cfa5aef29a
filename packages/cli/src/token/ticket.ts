import { CommandFailure } from "../failure.ts";
import type { ServeFlags } from "../serve.ts";
import type { Terminal } from "../terminal.ts";
import { timeSpan } from "../time-span.ts";
import { listOf, textOf } from "./create-token.ts";
import { roomRules } from "./room-rules.ts";

/**
 * `openline ticket`: asks a running server for a one-time ticket, and prints it.
 * @returns the exit code 0
 * @throws CommandFailure when the server cannot be reached or refuses (1), and for flags that cannot be used (2)
 */
export async function ticket(flags: ServeFlags, { out, environment }: Terminal): Promise<number> {
  const address = addressOf(textOf(flags, "url") ?? "http://localhost:8000");
  const key = (textOf(flags, "api-key") ?? environment["OPENLINE_API_KEY"]?.split(",")[0])?.replace(/^[a-z+]+:/, "");
  const answer = await ask(address, key, bodyOf(flags));
  out.write(flags["json"] === true ? `${JSON.stringify(answer)}\n` : `${String(answer["ticket"])}\n`);
  return 0;
}

function addressOf(url: string): URL {
  try {
    const { protocol, href } = new URL(url);
    if (protocol === "http:" || protocol === "https:") return new URL("api/tickets", href.endsWith("/") ? href : `${href}/`);
  } catch {
    // Said below.
  }
  throw new CommandFailure(`--url must be an address that begins with http:// or https://, not ${JSON.stringify(url)}`, 2);
}

function bodyOf(flags: ServeFlags): object {
  const [origin, connection] = [textOf(flags, "origin"), textOf(flags, "connection")];
  const expires = textOf(flags, "expires");
  const rooms = roomRules(listOf(flags, "room"));
  return {
    user: textOf(flags, "user"),
    ...(origin !== undefined && { origin }),
    ...(expires !== undefined && { ttlMs: timeSpan("expires", expires, { least: "1s", most: "10m" }) }),
    ...(connection !== undefined && { connectionTtlMs: timeSpan("connection", connection, { least: "1s", most: "30d" }) }),
    ...(rooms !== undefined && { rooms }),
  };
}

async function ask(address: URL, key: string | undefined, body: object): Promise<Readonly<Record<string, unknown>>> {
  const headers = { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), redirect: "error" }).catch(
    (error: unknown) => {
      throw new CommandFailure(`${address.origin} does not answer: ${causeOf(error)}`, 1);
    },
  );
  const answer: unknown = await response.json().catch(() => undefined);
  const fields = typeof answer === "object" && answer !== null ? { ...answer } : {};
  if (response.ok && "ticket" in fields) return fields;
  const detail = "detail" in fields ? String(fields.detail) : `the answer is ${response.status}, and no server of ours`;
  throw new CommandFailure(`${address.origin} gave no ticket: ${detail}`, 1);
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
