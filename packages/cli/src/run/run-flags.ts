import { type Command, Option } from "commander";
import { GoFlagFault, normalizeGoFlags } from "./go-flags.ts";

/** One flag of `openline run`. */
export interface RunFlag {
  readonly name: string;
  /** What stands for the value in the help; a switch has none. */
  readonly value?: string;
  /** May be given again: the values make a list. */
  readonly isList?: boolean;
  readonly help: string;
}

const listen = "Where it listens:";
const serves = "What it serves:";
const data = "Messages and lines:";
const modes = "Which program serves whom:";
const limits = "Limits:";
const pages = "Who may connect:";
const log = "Log and others:";

/** Every flag, by the heading under which the help shows it. Those of websocketd have its names, so they are written in one word. */
export const runFlags: Readonly<Record<string, readonly RunFlag[]>> = {
  [listen]: [
    { name: "port", value: "N", help: "port to listen on; 0 lets the system choose (default: 80, with --ssl 443)" },
    {
      name: "address",
      value: "A",
      isList: true,
      help: "address to listen on, again for more, IPv6 in brackets; 0.0.0.0 for everybody (default: localhost, this machine only)",
    },
    { name: "unixsocket", value: "PATH", help: "listen on this Unix socket too; only there without --port, --address and --redirport" },
    { name: "ssl", help: "TLS; needs --sslcert and --sslkey" },
    { name: "sslcert", value: "FILE", help: "PEM file with the certificate" },
    { name: "sslkey", value: "FILE", help: "PEM file with its key" },
    { name: "sslca", value: "FILE", help: "PEM file: clients must show a certificate that one of these authorities signed" },
    { name: "redirport", value: "N", help: "a second port that answers 301 to the first one" },
  ],
  [serves]: [
    { name: "dir", value: "DIR", help: "every executable file below DIR is a program, by its path; takes the place of COMMAND" },
    { name: "staticdir", value: "DIR", help: "serve these files over HTTP; links out of DIR are not followed" },
    { name: "cgidir", value: "DIR", help: "serve the CGI programs in DIR over HTTP" },
    { name: "devconsole", help: "a page to connect, send and look; not with --staticdir or --cgidir" },
    { name: "header", value: "H", isList: true, help: 'header field of every answer, as "Name: value"; again for more' },
    { name: "header-ws", value: "H", isList: true, help: "the same of WebSocket handshakes only" },
    { name: "header-http", value: "H", isList: true, help: "the same of plain HTTP answers only" },
  ],
  [modes]: [
    {
      name: "mode",
      value: "MODE",
      help: 'per-connection: one process each; shared: one for all; "pool N": N for all; per-room: one for each path (default: per-connection; pool alone: 4)',
    },
    { name: "room-by", value: "WHAT", help: "what names the room in per-room: path, or the name of a query parameter (default: path)" },
    { name: "linger-ms", value: "N", help: "how long a room's process lives on without connections (default: 5000)" },
    { name: "restart", value: "WHEN", help: "a shared process that ended is started again: always, on-failure, never (default: always)" },
    { name: "restart-ms", value: "N", help: "wait before the first restart; it doubles up to 30 s (default: 250)" },
    { name: "replay", value: "N", help: "who comes in gets the last N lines of a shared process first (default: 0)" },
    {
      name: "slow-ms",
      value: "N",
      help: "a shared process waits so long for its slowest reader, who is then closed with 1013 (default: 5000)",
    },
    {
      name: "hub",
      help: "one process whose lines are a room of the hub, with history and recovery: clients of @openline/client lose nothing",
    },
    { name: "hub-room", value: "NAME", help: "that room's name; what clients publish in NAME.in goes to the program (default: program)" },
    { name: "hub-history", value: "N", help: "messages that the room keeps (default: 1000)" },
  ],
  [data]: [
    { name: "binary", help: "raw bytes instead of lines" },
    { name: "envelope", help: "lines are JSON with event, connection, room and data, so that one process can tell its clients apart" },
    { name: "passstderr", help: 'both output streams go to the client, as {"stream":"stdout","data":"line"}; not with --binary' },
    { name: "invalid-utf8", value: "WHAT", help: "a line that is no UTF-8: replace the bytes, or close with 1007 (default: replace)" },
    {
      name: "subprotocol",
      value: "NAME",
      isList: true,
      help: "subprotocols to accept, best first, again for more (default: the client's first)",
    },
    { name: "compression", value: "on|off", help: "permessage-deflate for clients that offer it (default: on)" },
    { name: "passenv", value: "A,B", help: "variables that programs inherit; replaces the default list, so name PATH too" },
    { name: "reverselookup", help: "REMOTE_HOST by reverse DNS" },
  ],
  [limits]: [
    { name: "maxforks", value: "N", help: "programs at a time, CGI included; 0 for no limit (default: 1024)" },
    {
      name: "maxframesize",
      value: "N",
      help: "bytes of a message from a client; larger ones close with 1009, 0 for no limit (default: 1048576)",
    },
    { name: "max-line-bytes", value: "N", help: "bytes of a line from a program; a longer one closes with 1011 (default: 16777216)" },
    {
      name: "max-line-rate",
      value: "N",
      help: "lines a second from a program, and messages from a client; more have to wait (default: no limit)",
    },
    { name: "max-byte-rate", value: "N", help: "the same in bytes (default: no limit)" },
    {
      name: "closems",
      value: "N",
      help: "added to each wait when a program ends: EOF, 100 ms SIGINT, 250 SIGTERM, 500 SIGKILL (default: 0)",
    },
    { name: "pingms", value: "N", help: "ping every N ms; without a pong for 2N the line is cut; 0 for none (default: 25000)" },
  ],
  [pages]: [
    { name: "sameorigin", help: "only pages of this server's own name and port" },
    {
      name: "origin",
      value: "LIST",
      help: "only pages of these, as [scheme://]host[:port], with commas; any lets every page in (default: this machine's, and with --address the same origin)",
    },
  ],
  [log]: [
    { name: "loglevel", value: "LEVEL", help: "debug, trace, access, info, error, fatal or none (default: access)" },
    { name: "log-format", value: "F", help: "text or json (default: text)" },
    { name: "version", help: "print the version" },
    { name: "license", help: "print the license" },
  ],
};

/** The flags as commander parsed them, by their names. */
export type RunFlagValues = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

const examples = `
Each connection starts the program: what the client sends is a line of its standard input, a line of its output is a message.
Arguments after COMMAND are the program's own. One dash does as two, as websocketd has it: -port=8080.

Exit code: 0 ended by a signal, all connections drained; 1 no such program or directory, options that do not go together; 2 a flag
that is wrong; 3 cannot listen; 4 --devconsole beside --staticdir or --cgidir.

Examples:
  openline run --port=8080 ./count.sh
      ws://localhost:8080/ counts, for each client from the start
  openline run --port=8080 --devconsole ./count.sh
      the same, with a page on http://localhost:8080/ to try it
  openline run --port=8080 --mode=shared --replay=10 tail -F app.log
      one tail for everybody; who comes later sees the last ten lines first
  openline run --port=8080 --mode=per-room --envelope ./chat.py
      a process for each path, told who comes, speaks and goes, that may answer one of them
  openline run --port=8080 --hub --hub-room=ticks ./ticker
      lines as messages of the hub's room "ticks": a browser with @openline/client comes back without loss
  openline run --port=8080 --dir=./programs --staticdir=./public
      programs and pages beside each other
  openline run --port=443 --ssl --sslcert=cert.pem --sslkey=key.pem --address=0.0.0.0 --origin=https://chat.example ./chat
      for everybody, from one page only`;

/** Puts the flags and their help on the command. */
export function addRunFlags(command: Command): Command {
  command
    .description("make any program a WebSocket server: its lines are messages; does what websocketd does, with its flags")
    .usage("[options] COMMAND [arguments…]\n       openline run [options] --dir=DIR")
    .argument("[command...]", "the program, looked up in PATH, and its arguments")
    .passThroughOptions()
    .addHelpText("after", examples);
  for (const [heading, flags] of Object.entries(runFlags)) {
    for (const { name, value, help, isList } of flags) {
      const option = new Option(value === undefined ? `--${name}` : `--${name} <${value}>`, help).helpGroup(heading);
      if (isList === true) option.argParser((text, before: string[] | undefined) => [...(before ?? []), text]);
      command.addOption(option);
    }
  }
  return command;
}

/**
 * The arguments of `openline run` as commander reads them: see {@link normalizeGoFlags}.
 * @throws GoFlagFault
 */
export function runArgs(args: readonly string[]): string[] {
  const known = Object.values(runFlags).flatMap((flags) => flags.map(({ name, value }) => ({ name, isSwitch: value === undefined })));
  const { flags, rest } = normalizeGoFlags(args, [...known, { name: "help", isSwitch: true }, { name: "h", isSwitch: true }]);
  return [...flags.map((flag) => (flag === "--h" ? "-h" : flag)), ...(rest.length > 0 ? ["--", ...rest] : [])];
}

export { GoFlagFault };
