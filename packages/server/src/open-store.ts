import { readFileSync } from "node:fs";
import { BrokerError } from "@openline/brokers";
import { brokerProtocols, engineOf } from "./broker-address.ts";
import { faultText } from "./fault.ts";
import type { OpenBroker } from "./late-broker.ts";
import type { Logger } from "./log.ts";
import { openEngine } from "./open-engine.ts";
import { randomIds } from "./random-ids.ts";
import type { Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";

/** The settings that say where rooms are kept. */
export type StoreSettings = Pick<Settings, "data" | "durability" | "broker" | "brokerCa">;

/** What opens the store that the settings name; `undefined` when rooms live in memory. Each engine is loaded only where it is asked for. */
export function storeOf(settings: StoreSettings, log: Logger): (() => Promise<OpenBroker>) | undefined {
  const { data, broker } = settings;
  if (data !== undefined) return async () => await openDirectory(data, settings, log);
  if (broker !== undefined) return async () => await openShared(broker, settings, log);
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

async function openShared(url: string, { brokerCa }: StoreSettings, log: Logger): Promise<OpenBroker> {
  const found = engineOf(url);
  if (found === undefined) throw new BrokerError("bad-address", `the address must begin with ${brokerProtocols}`);
  return await openEngine(found.engine, url, brokerCa === undefined ? undefined : readCertificates(brokerCa), log);
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new BrokerError("bad-address", `cannot read the certificates in ${file}: ${faultText(error)}`, error);
  }
}
