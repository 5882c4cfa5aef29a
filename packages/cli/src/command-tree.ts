import { Argument, Command, Option } from "commander";
import { addBenchFlags } from "./bench/bench-flags.ts";
import { shells } from "./completion/completion.ts";
import { addConfigCommands } from "./config/config-flags.ts";
import { addConnectFlags } from "./connect/connect-flags.ts";
import { addDoctorFlags } from "./doctor/doctor-flags.ts";
import { addRunFlags } from "./run/run-flags.ts";
import type { ServeFlags } from "./serve.ts";
import type { Terminal } from "./terminal.ts";
import { addTicketFlags, addTokenCommands } from "./token/token-flags.ts";
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
  openline bench ws://localhost:8080/  load on a server: how much, how fast, and what limited it
  openline doctor                      what this machine allows, and what to change

The settings can also stand in a file (--config openline.json) or in the environment (OPENLINE_PORT=9000).`;

const completionExamples = `
Examples:
  eval "$(openline completion bash)"      in ~/.bashrc
  eval "$(openline completion zsh)"       in ~/.zshrc, after compinit
  openline completion fish > ~/.config/fish/completions/openline.fish`;

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

/** What a command does: with its flags and the words behind them. Resolves with the exit code. */
export type Act = (flags: ServeFlags, words: readonly string[]) => Promise<number> | number;

/** Every command that does something, by its words. */
export type CommandName =
  | "serve"
  | "run"
  | "connect"
  | "verify"
  | "bench"
  | "doctor"
  | "token create"
  | "token inspect"
  | "ticket"
  | "config init"
  | "config check"
  | "config print"
  | "completion";

/** The commands with their flags and help: what is parsed, completed and documented. `act` is called for the one that was named. */
export function commandTree(
  terminal: Terminal,
  act: (name: CommandName, flags: ServeFlags, words: readonly string[]) => Promise<void>,
): Command {
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
  for (const [name, command] of commandsOf(program))
    command.action(() =>
      act(
        name,
        flagsOf(command),
        command.processedArgs.flat().filter((word): word is string => word !== undefined),
      ),
    );
  // Only serve needs the table of settings.
  return program.hook("preSubcommand", async (_program, command) => {
    if (command.name() === "serve") await addSettings(command);
  });
}

/** Adds them all, in the order in which the help shows them. */
function commandsOf(program: Command): readonly (readonly [CommandName, Command])[] {
  const token = (): readonly (readonly [CommandName, Command])[] => {
    const { create, inspect } = addTokenCommands(program);
    return [
      ["token create", create],
      ["token inspect", inspect],
    ];
  };
  const config = (): readonly (readonly [CommandName, Command])[] => {
    const { init, check, print } = addConfigCommands(program);
    return [
      ["config init", init],
      ["config check", check],
      ["config print", print],
    ];
  };
  return [
    ["serve", addServe(program)],
    ["run", addRunFlags(program.command("run"))],
    ["connect", addConnectFlags(program.command("connect"))],
    ["verify", addVerifyFlags(program.command("verify"))],
    ["bench", addBenchFlags(program.command("bench"))],
    ["doctor", addDoctorFlags(program.command("doctor"))],
    ...token(),
    ["ticket", addTicketFlags(program.command("ticket"))],
    ...config(),
    ["completion", addCompletion(program)],
  ];
}

function addServe(program: Command): Command {
  return program.command("serve").description("start a server: hub, WebSocket, HTTP API and chat page").addHelpText("after", serveExamples);
}

function addCompletion(program: Command): Command {
  return (
    program
      .command("completion")
      .description("print a script that teaches your shell to complete commands and flags")
      // What is none of them is refused in our own words.
      .addArgument(new Argument("<shell>", "which shell").choices(shells).argParser((text) => text))
      .addHelpText("after", completionExamples)
  );
}

const oneLine = (text: string): string =>
  text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");

/** Adds the flags of `serve`: its settings. */
export async function addSettings(command: Command): Promise<void> {
  const { settingTable } = await import("@openline/server/setting-table");
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
