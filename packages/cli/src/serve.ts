import type * as Server from "@openline/server";
import type { Logger, OpenlineServer, Settings } from "@openline/server";
import { banner } from "./banner.ts";
import { thisMachine } from "./doctor/machine.ts";
import { machineFindings } from "./doctor/machine-checks.ts";
import { CommandFailure, listenFailure, storeFailure } from "./failure.ts";
import { behindWorkers, serveAsWorker } from "./serve-workers.ts";
import type { Serving } from "./serving.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** The parsed flags of `openline serve`, by their long name without dashes. */
export type ServeFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

type ServerModule = typeof Server;

function alone(server: OpenlineServer): Serving {
  return { listen: async () => await server.listen(), close: async () => await server.close(), kill: () => {} };
}

/**
 * Runs a server until a signal ends it. The first SIGINT or SIGTERM drains: nothing more is accepted, clients are told to come back, the exit code
 * is 0. A second one ends the process at once.
 * @throws CommandFailure for settings that cannot be used (exit code 2), and for a port or a store that cannot be had (1)
 */
export async function serve(flags: ServeFlags, terminal: Terminal): Promise<number> {
  const module = await import("@openline/server");
  const sources = sourcesOf(flags, terminal);
  const settings = usable(module, () => module.loadSettings(sources));
  const log = module.createLog({ level: settings.logLevel, format: settings.logFormat, terminal: terminal.isInteractive });
  const checked = usable(module, () => module.createServer({ ...settings, log }));
  if (flags["print-config"] === true) return say(terminal, explained(module.explainSettings(sources)));
  if (flags["check-config"] === true) return say(terminal, "the settings are good\n");
  reportFaults(log);
  const primaryPath = terminal.environment[module.socketVariable];
  if (primaryPath !== undefined) return await serveAsWorker(module, settings, log, primaryPath);
  const server = settings.workers === undefined ? alone(checked) : behindWorkers(module, settings, settings.workers, log);
  const signal = firstSignal(server.kill);
  await announce(server, settings, log, terminal);
  if (settings.tls.cert !== undefined && settings.workers === undefined) reloadOnHangup(checked, log);
  warnOfLimits(log);
  const name = await Promise.race([signal, server.handedOver ?? signal]);
  if (name === undefined) {
    log.info("another process has taken the place of this one");
    return 0;
  }
  const { drainMs: graceMs, drainDelayMs: delayMs } = settings;
  log.info({ signal: name, graceMs, ...(delayMs > 0 && { delayMs }) }, "draining; the same signal again ends at once");
  await server.close();
  log.info("closed");
  return 0;
}

function sourcesOf({ config, ...flags }: ServeFlags, { environment }: Terminal): Server.SettingSources {
  return { flags, environment, ...(typeof config === "string" ? { file: config } : {}) };
}

function say(terminal: Terminal, text: string): number {
  terminal.out.write(text);
  return 0;
}

/** One line for each setting: its name, its value as JSON, where it comes from. */
function explained(settings: readonly Server.ExplainedSetting[]): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings.map(({ name, value, source }) => `${name.padEnd(width)}  ${JSON.stringify(value) ?? "-"}  (${source})\n`).join("");
}

/** Settings that cannot be used are the caller's fault, whether they show when they are read or when the server is made of them. */
function usable<T>({ SettingsError }: ServerModule, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof SettingsError ? new CommandFailure(error.message, 2) : error;
  }
}

async function announce(server: Serving, settings: Settings, log: Logger, terminal: Terminal): Promise<void> {
  const { host, port, logFormat } = settings;
  const { urls, isOpen } = await server.listen().catch((error: unknown) => {
    throw storeFailure(listenFailure(error, host, port));
  });
  const forPeople = logFormat === "text" || (logFormat === "auto" && terminal.isInteractive);
  if (forPeople) terminal.out.write(banner({ version: packageVersion(), urls, settings, isOpen }, terminal));
  else log.info({ urls, isOpen, anonymous: settings.anonymous, version: packageVersion() }, "listening");
}

/** Workers are replaced on SIGHUP, and read the files when they start. */
function reloadOnHangup(server: OpenlineServer, log: Logger): void {
  process.on("SIGHUP", () => {
    try {
      server.reloadCertificates();
      log.info("the certificate was read again: new connections get it");
    } catch (error) {
      log.error({ err: error }, "the certificate cannot be used: the old one stays");
    }
  });
}

/** R24: what would stop a server long before its program does is said at the start. */
function warnOfLimits(log: Logger): void {
  for (const { what, standing, found, means, remedy } of machineFindings(thisMachine()))
    if (standing === "warning") log.warn({ found, means, remedy }, `${what}: openline doctor tells more`);
}

const signals = { SIGINT: 2, SIGTERM: 15 } as const;
type SignalName = keyof typeof signals;
const names: readonly SignalName[] = ["SIGINT", "SIGTERM"];

/** Resolves at the first signal; at the second the process ends, after `kill`, with the code that shells give to a signal's death. */
function firstSignal(kill: () => void): Promise<SignalName> {
  return new Promise((resolve) => {
    let received = false;
    const onSignal = (name: SignalName): void => {
      if (received) {
        kill();
        process.exit(128 + signals[name]);
      }
      received = true;
      resolve(name);
    };
    for (const name of names) process.on(name, () => onSignal(name));
  });
}

/** A fault that nothing caught leaves the process in a state nobody knows: it is written down, and the process ends. */
function reportFaults(log: Logger): void {
  const end = (error: unknown): void => {
    log.fatal({ err: error }, "a fault of the server itself: it stops");
    process.exit(1);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
