import { UsageError } from "./errors.ts";
import type { MachineOptions } from "./machine-types.ts";
import { PROFILES } from "./profiles.ts";

/** Options of a machine with their defaults in place. */
export interface MachineLimits {
  readonly maxPayloadBytes: number;
  readonly maxFragments: number;
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  readonly closeTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly fragmentBytes: number;
  /** Infinity without a codec. */
  readonly deflateFromBytes: number;
  readonly autoPong: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;
const DEFAULT_THRESHOLD_BYTES = 1024;

/** The limits that the options ask for. @throws UsageError `USAGE_OPTION` naming the option that is out of range */
export function checkedLimits(options: MachineOptions): MachineLimits {
  const defaults = PROFILES.ws;
  const { codec } = options;
  const highWaterBytes = positive("highWaterBytes", options.highWaterBytes ?? defaults.highWaterBytes);
  const lowWaterBytes = options.lowWaterBytes ?? Math.min(defaults.lowWaterBytes, highWaterBytes);
  if (!(lowWaterBytes >= 0 && lowWaterBytes <= highWaterBytes)) {
    throw new UsageError("USAGE_OPTION", { value: `lowWaterBytes is ${lowWaterBytes}: it must lie between 0 and highWaterBytes` });
  }
  positive("heartbeat.intervalMs", options.heartbeat?.intervalMs ?? NEVER);
  const thresholdBytes = codec?.thresholdBytes ?? DEFAULT_THRESHOLD_BYTES;
  if (!(thresholdBytes >= 0)) throw new UsageError("USAGE_OPTION", { value: `codec.thresholdBytes is ${thresholdBytes}` });
  return {
    maxPayloadBytes: positive("maxPayloadBytes", options.maxPayloadBytes ?? defaults.maxPayloadBytes),
    maxFragments: positive("maxFragments", options.maxFragments ?? defaults.maxFragments),
    highWaterBytes,
    lowWaterBytes,
    closeTimeoutMs: positive("closeTimeoutMs", options.closeTimeoutMs ?? defaults.closeTimeoutMs),
    heartbeatTimeoutMs: positive("heartbeat.timeoutMs", options.heartbeat?.timeoutMs ?? NEVER),
    idleTimeoutMs: positive("idleTimeoutMs", options.idleTimeoutMs ?? NEVER),
    fragmentBytes: positive("fragmentBytes", options.fragmentBytes ?? NEVER),
    deflateFromBytes: codec === undefined ? NEVER : thresholdBytes,
    autoPong: options.autoPong ?? defaults.autoPong,
  };
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new UsageError("USAGE_OPTION", { value: `${name} is ${value}: it must be above 0` });
}
