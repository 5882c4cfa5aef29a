import { Command, CommanderError, Option } from "commander";
import { addConnectFlags } from "./connect/connect-flags.ts";
import { CommandFailure } from "./failure.ts";
import { addRunFlags, GoFlagFault, runArgs } from "./run/run-flags.ts";
import type { ServeFlags } from "./serve.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { addVerifyFlags } from "./verify/verify-flags.ts";
import { packageVersion } from "./version.ts";

const overview = `
Examples:
  openline serve                       chat on http://localhost:8000/, on this machine only
  openline serve --port 9000           the same on another port
  openline serve --help                every option, with examples
  openline run --port=8080 ./count.sh  any program as a WebSocket server: its lines are messages
  openline connect ws://localhost:8080/
                                       talk to a WebSocket server, line by line
  openline verify --url ws://localhost:8000
                                       plays clients against a running server and says whether a message was lost

The settings can also stand in a file (--config openline.json) or in the environment (OPENLINE_PORT=9000).`;

const serveExamples = `
Each option can also stand in the environment, as OPENLINE_ and its name (OPENLINE_PORT, OPENLINE_API_KEY …), or in the configuration file.
Options go before the environment, the environment before the file.

Examples:
  openline serve
      a chat on http://localhost:8000/, for this machine only
  curl --data 'Hello' http://localhost:8000/api/rooms/lobby/messages
      publishes into the room "lobby" of the running server
  openline serve --host 0.0.0.0 --anonymous
      for everyone who reaches this machine: anyone may join, read and publish
  OPENLINE_API_KEY=… openline serve --host 0.0.0.0
      for those who have the key, and for those whom they give a ticket (POST /api/tickets): pages cannot send a key with a WebSocket
  OPENLINE_JWT_SECRET=… openline serve --jwt-audience chat
      for users with a JSON Web Token, in the first message or a header; --jwt-jwks-url ADDRESS for published keys
  openline serve --base-path /wsapp/ --public-origin https://chat.example
      behind a proxy that passes https://chat.example/wsapp/ on; add --allowed-host NAME if it changes the Host field
  openline serve --data ./rooms
      rooms survive a restart; no acknowledged message is lost when the process dies (--durability fsync: nor when the power goes)
  OPENLINE_BROKER=redis://user:password@redis.example openline serve
      one of several processes that share their rooms over Redis

openline.json, with some of the settings:
  { "port": 9000, "history": { "messages": 200 }, "allowedOrigins": ["https://chat.example"] }`;

/**
 * Runs the command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 called wrongly, 3 could not verify; those of each command are in its help
 */
export async function run(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const program = createProgram(terminal, {
    serve: async (flags) => {
      const { serve } = await import("./serve.ts");
      exitCode = await serve(flags, terminal);
    },
    run: async (flags, command) => {
      const { runPrograms } = await import("./run/run.ts");
      exitCode = await runPrograms(flags, command, terminal);
    },
    connect: async (flags, url) => {
      const { connect } = await import("./connect/connect.ts");
      exitCode = await connect(url, flags, { ...terminal, out: process.stdout, input: process.stdin });
    },
    verify: async (flags) => {
      const { verify } = await import("./verify.ts");
      exitCode = await verify(flags, terminal);
    },
  });
  try {
    await program.parseAsync(asParsed(helpFirst(args)), { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof GoFlagFault) return fail(terminal, error.message, 2);
    if (!(error instanceof CommandFailure)) throw error;
    return fail(terminal, error.message, error.exitCode);
  }
}

function fail(terminal: Terminal, message: string, exitCode: number): number {
  terminal.err.write(`openline: ${message}\n`);
  return exitCode;
}

/** `run` takes its flags as websocketd does. */
function asParsed([name = "", ...args]: readonly string[]): string[] {
  return name === "run" ? [name, ...runArgs(args)] : [name, ...args];
}

/** `openline` and `openline help serve` mean their --help: a command's options are only known when it is called. */
function helpFirst(args: readonly string[]): string[] {
  if (args.length === 0) return ["--help"];
  return args[0] === "help" ? [...args.slice(1), "--help"] : [...args];
}

type Act = (flags: ServeFlags) => Promise<void>;

interface Acts {
  readonly serve: Act;
  readonly run: (flags: ServeFlags, command: readonly string[]) => Promise<void>;
  readonly connect: (flags: ServeFlags, url: string) => Promise<void>;
  readonly verify: Act;
}

function createProgram(terminal: Terminal, acts: Acts): Command {
  const program = new Command("openline")
    // What stands behind the program's name in `run` is the program's.
    .enablePositionalOptions()
    .description("Rooms, presence, history and recovery over WebSocket, from one command.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ styleTitle: (title) => `\u001b[1m${title}\u001b[22m` })
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
      getOutHasColors: () => terminal.isInteractive && (terminal.environment["NO_COLOR"] ?? "") === "",
      outputError: (text, write) => write(`openline: ${oneLine(text)}\n`),
    })
    .addHelpText("after", overview);
  const serve = program
    .command("serve")
    .description("start a server: hub, WebSocket, HTTP API and chat page")
    .addHelpText("after", serveExamples);
  serve.action(() => acts.serve(flagsOf(serve)));
  const run = addRunFlags(program.command("run"));
  run.action((command: string[]) => acts.run(flagsOf(run), command));
  const connect = addConnectFlags(program.command("connect"));
  connect.action((url: string) => acts.connect(flagsOf(connect), url));
  const verify = addVerifyFlags(program.command("verify"));
  verify.action(() => acts.verify(flagsOf(verify)));
  // The table of settings comes with the server, which takes time to load: --version and --help do without.
  return program.hook("preSubcommand", async (_program, command) => {
    if (command.name() === "serve") await addSettings(command);
  });
}

const oneLine = (text: string): string =>
  text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");

async function addSettings(command: Command): Promise<void> {
  const { settingTable } = await import("@openline/server");
  command.option("--config <file>", "read settings from this JSON file (OPENLINE_CONFIG)");
  command.option("--check-config", "check the settings of file, environment and flags, and end: 0 when they are good, 2 when not");
  command.option("--print-config", "print every setting with where it comes from, secrets masked, and end");
  for (const { flag, value, kind, help, fallback } of settingTable) {
    const option = new Option(
      value === undefined ? `--${flag}` : `--${flag} <${value}>`,
      fallback === undefined ? help : `${help} (default: ${fallback})`,
    );
    if (kind === "list") option.argParser((text, previous: string[] | undefined) => [...(previous ?? []), text]);
    command.addOption(option);
  }
}

function flagsOf(command: Command): ServeFlags {
  return Object.fromEntries(command.options.map((option) => [option.name(), command.getOptionValue(option.attributeName())]));
}
