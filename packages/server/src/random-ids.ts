import { randomBytes } from "node:crypto";
import type { IdSource } from "@openline/hub";

const text = (bytes: number): string => randomBytes(bytes).toString("base64url");

/**
 * Where the hub's ids come from: a cryptographic source. The alphabet is that of base64url, so none holds the dot that parts a position.
 * A secret has 192 bits, a session id 96, an epoch 72, a tag 48: enough that none is guessed, or met twice where it would matter.
 */
export const randomIds: IdSource = {
  sessionId: (): string => `s${text(12)}`,
  secret: (): string => text(24),
  epoch: (): string => text(9),
  tag: (): string => text(6),
};
