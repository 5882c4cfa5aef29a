import type { HubEvent } from "@openline/hub";
import type { Logger } from "./log.ts";

/** Writes down what the hub tells: faults as errors, a lost continuity as a warning, the coming and going of sessions for those who debug. */
export function hubLog(log: Logger): (event: HubEvent) => void {
  return ({ type, ...rest }) => {
    if ("error" in rest) log.error({ err: rest.error }, "the hub met a fault");
    else if (type === "insufficient") log.warn(rest, type);
    else log.debug(rest, type);
  };
}
