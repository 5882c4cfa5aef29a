import type { HubEvent } from "@openline/hub";
import type { Logger } from "./log.ts";

/** What an operator should see, and how loud; the rest is for those who debug. */
const levels: Partial<Record<HubEvent["type"], "info" | "warn">> = {
  insufficient: "warn",
  "cut-off": "warn",
  "connection-closed": "info",
  "access-refused": "info",
  "slow-reader": "info",
  revoked: "info",
};

/** Writes down what the hub tells: faults as errors, a lost continuity as a warning, the end of each connection with its reason. */
export function hubLog(log: Logger): (event: HubEvent) => void {
  return ({ type, ...rest }) => {
    if ("error" in rest) log.error({ err: rest.error }, "the hub met a fault");
    else log[levels[type] ?? "debug"](rest, type);
  };
}
