import { DRIVER_VARIABLE, driverChoice } from "./driver-choice.ts";
import { probe } from "./probe.ts";

/** Which driver the TCP connections of this process get by default, and where it is not the fast one, why. */
export type DriverReport = { readonly driver: "fast" } | { readonly driver: "portable"; readonly reason: string };

/** Tries out what an endpoint would: on a connection of its own over loopback, in a few milliseconds. Never rejects. */
export async function driverReport(): Promise<DriverReport> {
  if (driverChoice(undefined) === "portable") return { driver: "portable", reason: `${DRIVER_VARIABLE} says so` };
  // The probe's sockets keep no process alive: whoever asks and has nothing else to do would end before the answer.
  const alive = setInterval(() => undefined, 1_000);
  const result = await probe().finally(() => clearInterval(alive));
  return result.support === undefined ? { driver: "portable", reason: result.reason } : { driver: "fast" };
}
