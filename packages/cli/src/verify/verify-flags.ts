import { type Command, Option } from "commander";

const examples = `
What it does: clients join rooms of their own, publish, lose their connections, come back with their positions, read slowly. Everything that
they were told is then held against the contract of docs/wire/hub-v1.md: nothing lost, nothing twice, one order for all, and never
\`recovered: true\` for somebody who missed a message. Your own rooms are not touched.

Ctrl-C ends the run before its time and judges what happened so far.

Exit code: 0 the contract held, 1 it was violated, 2 called wrongly, 3 the run could not be made.

Examples:
  openline verify --url ws://localhost:8000
      20 clients in 3 rooms for 10 s
  openline verify --url ws://localhost:8000 --seed 7 --clients 100 --rooms 10 --duration 5m
      longer and wider; the seed says what the clients do
  openline verify --url ws://a.example --url ws://b.example
      two nodes of one hub: clients are spread over them, and move
  openline verify --url ws://localhost:8000 --broker redis://localhost:6379 --broker-fault cut --broker-fault pause
      while the connections to that Redis are cut and it pauses. Every client of that Redis feels it: not for a server that others need
  openline verify --url ws://localhost:8000 --json | jq .held
      for scripts`;

/** The flags of `openline verify`, by their long name without dashes; {@link readVerifySettings} reads them. */
export function addVerifyFlags(command: Command): Command {
  return command
    .description("play clients against a running server and judge whether it kept its contract")
    .addHelpText("after", examples)
    .addOption(new Option("--url <url>", "the server; again for further nodes of the same hub").argParser(more).makeOptionMandatory())
    .option("--seed <number>", "what the clients do; the same seed does the same (default: a random one, shown at the end)")
    .option("--clients <number>", "how many clients, 2 to 1,000 (default: 20)")
    .option("--rooms <number>", "how many rooms, 1 to 100; every client is in all of them (default: 3)")
    .option("--duration <time>", "for how long, as 30s or 5m (default: 10s)")
    .option("--rate <number>", "publishes per second, all clients together (default: 200)")
    .option("--message-bytes <number>", "bytes that are added to each message; large ones make slow readers slow (default: 100)")
    .option("--calm", "no client loses its connection or reads slowly: only the faults that others make")
    .option("--token <token>", "the token that clients connect with (OPENLINE_TOKEN)")
    .option("--api-key <key>", "the key for servers that ask for one at the handshake (OPENLINE_API_KEY)")
    .option("--broker <url>", "the Redis behind the server; nothing is done to it without --broker-fault (OPENLINE_BROKER)")
    .addOption(
      new Option(
        "--broker-fault <fault>",
        "what may be done to that Redis, again for more: cut (its connections), pause (2 s), hang (6 s; needs enable-debug-command)",
      ).argParser(more),
    )
    .option("--save <file>", "write everything observed to this file, a line of JSON each")
    .option("--json", "the verdict as one line of JSON");
}

const more = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];
