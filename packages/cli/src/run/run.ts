import { paint, type Terminal } from "../terminal.ts";
import { packageVersion } from "../version.ts";
import { AccessLog, type LogSink } from "./access-log.ts";
import { stepsMs } from "./end-steps.ts";
import { baseEnvironment } from "./environment.ts";
import { ForkCap } from "./fork-cap.ts";
import { FrontDoor } from "./front-door.ts";
import type { HubRoom } from "./hub-room.ts";
import { openFilesLimit } from "./open-files.ts";
import { Programs } from "./programs.ts";
import type { RunFlagValues } from "./run-flags.ts";
import { openRunListeners, type RunListening } from "./run-listeners.ts";
import { type RunSettings, readRunSettings } from "./run-settings.ts";

/** What stays open of the closing handshakes after the programs have ended is cut then. */
const closeMs = 2000;

/**
 * Runs programs behind WebSockets until a signal ends it. The first SIGINT or SIGTERM drains: nothing more is accepted, programs end in steps, what they
 * still say is sent, clients are told 1001. A second one ends everything at once.
 * @returns the exit code 0
 * @throws CommandFailure with the exit codes of websocketd: 1, 2, 3, 4
 */
export async function runPrograms(
  flags: RunFlagValues,
  command: readonly string[],
  terminal: Terminal & { readonly out: LogSink },
): Promise<number> {
  if (flags["version"] === true) return say(terminal, `${packageVersion()}\n`);
  if (flags["license"] === true) return say(terminal, `openline ${packageVersion()} is published under the MIT license: ${licenseUrl}\n`);
  const settings = readRunSettings(flags, command, terminal.environment["PATH"] ?? "");
  const log = new AccessLog({ level: settings.logLevel, format: settings.logFormat, sink: terminal.out });
  const forks = new ForkCap(settings.maxForks);
  const software = `openline/${packageVersion()}`;
  const environment = baseEnvironment({ passed: settings.passEnv, own: terminal.environment, software });
  const programs = new Programs({ settings, forks, log, environment });
  const hub = await openHub(settings, log);
  const door = new FrontDoor({ settings, programs, forks, log, environment, hub });
  const signals = new Signals(terminal.isInteractive);
  warnOfFewFiles(settings, log);
  const listening = await openRunListeners(settings, (server) => door.attach(server));
  // However this process ends: what does not heed the end of its input must not be left behind.
  process.once("exit", () => programs.kill());
  programs.start();
  if (hub !== undefined && settings.command !== undefined) hub.follow(programs.groupFor({ ...settings.command, room: "" }, {}));
  announce(settings, listening, log, terminal);
  const name = await signals.first;
  log.write("info", "server", `${name}: draining; the same signal again ends at once`);
  signals.onSecond = () => programs.kill();
  await drain(settings, { door, programs, hub, listening });
  log.write("info", "server", "closed");
  return 0;
}

async function openHub(settings: RunSettings, log: AccessLog): Promise<HubRoom | undefined> {
  if (settings.hub === undefined) return undefined;
  // It takes a while to load, and most runs do without.
  const { HubRoom } = await import("./hub-room.ts");
  return new HubRoom(settings.hub, settings, log);
}

function say(terminal: Terminal, text: string): number {
  terminal.out.write(text);
  return 0;
}

const licenseUrl = "https://opensource.org/license/mit";

function announce(settings: RunSettings, { urls }: RunListening, log: AccessLog, terminal: Terminal): void {
  const what = settings.dir === undefined ? (settings.command?.file ?? "") : `the programs in ${settings.dir}`;
  for (const url of urls) log.write("info", "server", `Listening on ${url} for ${what}`, { listening: url });
  if (!terminal.isInteractive || settings.logFormat === "json") return;
  const [first = ""] = urls;
  terminal.out.write(`${paint(terminal, "bold", "openline run")}: ${what} on ${paint(terminal, "cyan", first)}\n`);
  if (settings.hasConsole) terminal.out.write(`Try it: ${paint(terminal, "cyan", first.replace(/^ws/, "http"))}\n`);
  if (settings.addresses.length === 0)
    terminal.out.write(paint(terminal, "dim", "Only this machine reaches it: --address=0.0.0.0 opens it.\n"));
  terminal.out.write(paint(terminal, "dim", "Ctrl-C stops it.\n"));
}

/** Three pipes and a socket for each program, and some for ourselves (R24). */
function warnOfFewFiles({ maxForks }: RunSettings, log: AccessLog): void {
  const limit = openFilesLimit();
  const programs = limit === undefined ? Number.POSITIVE_INFINITY : Math.floor((limit - 64) / 4);
  if (maxForks <= programs || maxForks === Number.POSITIVE_INFINITY) return;
  const advice = `${String(limit)} open files are allowed, which is enough for about ${programs} programs and not for ${maxForks}: raise it with ulimit -n, or say --maxforks=${programs}`;
  log.write("error", "server", advice);
}

interface Parts {
  readonly door: FrontDoor;
  readonly programs: Programs;
  readonly hub: HubRoom | undefined;
  readonly listening: RunListening;
}

async function drain(settings: RunSettings, { door, programs, hub, listening }: Parts): Promise<void> {
  door.stop();
  const closed = Promise.all(listening.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  for (const server of listening.servers) server.closeIdleConnections();
  // A program whose client does not read cannot end by itself.
  const most = new Promise<void>((resolve) => setTimeout(resolve, stepsMs(settings.closeMs) + closeMs).unref());
  await Promise.race([programs.drain(), most]);
  programs.kill();
  await hub?.drain();
  await door.sockets.close({ code: 1001, reason: "the server is going away", deadlineMs: closeMs });
  for (const server of listening.servers) server.closeAllConnections();
  await closed;
}

/** SIGINT, SIGTERM, and SIGHUP of a terminal that is closed: the first is a wish, the second an order. */
class Signals {
  readonly first: Promise<string>;
  /** Called before the process ends at the second one. */
  onSecond: () => void = () => {};

  constructor(hasTerminal: boolean) {
    const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
    // Without a terminal it may have been started by nohup, which has SIGHUP ignored: a listener would undo that.
    const names = hasTerminal ? (["SIGINT", "SIGTERM", "SIGHUP"] as const) : (["SIGINT", "SIGTERM"] as const);
    this.first = new Promise((resolve) => {
      let received = false;
      for (const name of names) {
        process.on(name, () => {
          if (received) {
            this.onSecond();
            process.exit(codes[name]);
          }
          received = true;
          resolve(name);
        });
      }
    });
  }
}
