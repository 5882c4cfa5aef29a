import { readFileSync } from "node:fs";
import { BrokerError } from "@openline/brokers";
import { faultText } from "./fault.ts";
import type { OpenBroker } from "./late-broker.ts";
import type { Logger } from "./log.ts";
import { randomIds } from "./random-ids.ts";
import type { Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";

/** The settings that say where rooms are kept. */
export type StoreSettings = Pick<Settings, "data" | "durability" | "broker" | "brokerCa">;

/** What opens the store that the settings name; `undefined` when rooms live in memory. Each engine is loaded only where it is asked for. */
export function storeOf(settings: StoreSettings, log: Logger): (() => Promise<OpenBroker>) | undefined {
  const { data, broker } = settings;
  if (data !== undefined) return async () => await openDirectory(data, settings, log);
  if (broker !== undefined) return async () => await openRedis(broker, settings, log);
  return undefined;
}

async function openDirectory(directory: string, { durability }: StoreSettings, log: Logger): Promise<OpenBroker> {
  const { DurableBroker } = await import("@openline/brokers/durable");
  const broker = await DurableBroker.open({
    directory,
    durability,
    clock: systemClock,
    ids: randomIds,
    log: (event) => {
      if (event.type === "fault") log.error({ err: event.error }, "the data directory met a fault");
      else
        log.warn(
          { why: event.why, rooms: event.rooms },
          "the data is not the continuation of the last run: every client is told to reload",
        );
    },
  });
  log.info({ directory, durability }, "rooms are kept on disk");
  return { broker, close: async () => (broker.close(), await broker.closed()) };
}

async function openRedis(url: string, { brokerCa }: StoreSettings, log: Logger): Promise<OpenBroker> {
  const { readRedisAddress, RedisBroker } = await import("@openline/brokers/redis");
  const { shown, prefix } = readRedisAddress(url);
  let isAway = false;
  const broker = await RedisBroker.open({
    url,
    ...(brokerCa !== undefined && { tls: { ca: readCertificates(brokerCa) } }),
    clock: systemClock,
    ids: randomIds,
    log: (event) => {
      if (event.type !== "fault") isAway = event.type === "down";
      if (event.type === "down") log.warn({ redis: shown, reason: faultText(event.error) }, "the link to Redis is down");
      else if (event.type === "up") log.info({ redis: shown }, "the link to Redis is up again");
      else log.error({ err: event.error }, "Redis refused something");
    },
  });
  log.info({ redis: shown, prefix }, "rooms are shared over Redis");
  return { broker, close: async () => (broker.close(), await broker.closed()), isAway: () => isAway };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new BrokerError("bad-address", `cannot read the certificates in ${file}: ${faultText(error)}`, error);
  }
}
