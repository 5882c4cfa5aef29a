import { type ErrorCode, utf8Length } from "@openline/wire";
import type { Publication } from "./broker.ts";
import { contentOf, fingerprint } from "./message-text.ts";
import type { Settings } from "./settings.ts";

/** What is published, and by whom. */
export interface PublicationSource {
  readonly room: string;
  readonly data: unknown;
  readonly id?: string | undefined;
  /** Made by `authorOf`. */
  readonly author: string;
  /** Whose ids these are. */
  readonly scope: string;
}

/** A message as a broker takes it: encoded here, once, for all receivers of all nodes. `data` must be a JSON value. */
export function publicationOf(settings: Settings, source: PublicationSource): Publication {
  const dataText = JSON.stringify(source.data);
  const content = contentOf(dataText, source.id, source.author);
  return {
    content,
    bytes: utf8Length(content),
    time: settings.clock.now(),
    retention: settings.rules.of(source.room).history,
    ...(source.id !== undefined && {
      idempotency: {
        // An id has no space in it, so the two parts cannot be mistaken for others.
        key: `${source.id} ${source.scope}`,
        fingerprint: fingerprint(dataText),
        windowMs: settings.limits.idempotencyWindowMs,
      },
    }),
  };
}

/** Why the rules of a room refuse a message. */
export interface RuleRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** The refusal of data that have more bytes as JSON than the room takes, if they have. */
export function sizeRefusal(room: string, data: unknown, limit: number): RuleRefusal | undefined {
  if (limit === Number.POSITIVE_INFINITY) return undefined;
  const bytes = utf8Length(JSON.stringify(data));
  if (bytes <= limit) return undefined;
  return { code: "too-large", message: `data has ${bytes} bytes as JSON, room ${JSON.stringify(room)} takes ${limit}` };
}
