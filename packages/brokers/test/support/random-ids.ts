import { randomBytes } from "node:crypto";
import type { IdSource } from "@openline/hub";

const text = (bytes: number): string => randomBytes(bytes).toString("base64url");

/** Ids as a server makes them: no two runs alike, so that what one process left is never met by chance in the next. */
export const randomIds: IdSource = {
  sessionId: () => `s${text(9)}`,
  secret: () => text(18),
  epoch: () => text(9),
  tag: () => text(6),
};
