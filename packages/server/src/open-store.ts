import { readFileSync } from "node:fs";
import { BrokerError, SignedBroker } from "@openline/brokers";
import { brokerProtocols, engineOf } from "./broker-address.ts";
import { faultText } from "./fault.ts";
import type { OpenBroker } from "./late-broker.ts";
import type { Logger } from "./log.ts";
import { openEngine } from "./open-engine.ts";
import { randomIds } from "./random-ids.ts";
import type { Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";

/** The settings that say where rooms are kept. */
export type StoreSettings = Pick<Settings, "data" | "durability" | "broker" | "brokerCa" | "brokerKeyFile">;

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

async function openShared(url: string, { brokerCa, brokerKeyFile }: StoreSettings, log: Logger): Promise<OpenBroker> {
  const found = engineOf(url);
  if (found === undefined) throw new BrokerError("bad-address", `the address must begin with ${brokerProtocols}`);
  const keys = brokerKeyFile === undefined ? undefined : readKeys(brokerKeyFile);
  const opened = await openEngine(found.engine, url, brokerCa === undefined ? undefined : read("the certificates", brokerCa), log);
  return keys === undefined ? opened : signed(opened, keys, log);
}

/** Over the engine's broker one that signs. A log must not grow with what a stranger sends: it is told the 1st, the 2nd, the 4th … */
function signed(opened: OpenBroker, keys: readonly string[], log: Logger): OpenBroker {
  const broker = new SignedBroker(opened.broker, {
    keys,
    refused: ({ room, what }) => {
      if (Number.isInteger(Math.log2(broker.refused)))
        log.warn({ room, what, refused: broker.refused }, "what came over the broker was not signed with our key: it was refused");
    },
  });
  log.info({ keys: keys.length }, "what goes over the broker is signed");
  return { ...opened, broker, refused: () => broker.refused };
}

/** One to a line. */
function readKeys(file: string): readonly string[] {
  const keys = read("the keys", file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const short = keys.findIndex((key) => Buffer.byteLength(key) < 32);
  if (keys.length === 0) throw new BrokerError("bad-key", `there is no key in ${file}`);
  if (short >= 0)
    throw new BrokerError(
      "bad-key",
      `key ${short + 1} in ${file} has ${Buffer.byteLength(keys[short] ?? "")} bytes, it must have 32 or more`,
    );
  return keys;
}

function read(what: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new BrokerError(what === "the keys" ? "bad-key" : "bad-address", `cannot read ${what} in ${file}: ${faultText(error)}`, error);
  }
}
