import { type Command, Option } from "commander";
import { scenarios } from "./bench-plan.ts";

const examples = `
Scenarios:
  echo          messages that the server sends back; with --room each connection hears itself through a room of its own
  fan-out       one connection sends, all hear it: a server that sends to all, or a room of a hub (--room)
  idle          connections that do nothing: how many of them last
  handshakes    connections that open and close again and again
  jitter        connections that break at random and come back
  avalanche     all connections break at once and come back at once
  slow-readers  fan-out in which, half-way, some readers stop to read: what do the others feel?

With --rate messages leave at their times however slow the answers are, and latency counts from the time at which a message was due: a server that stands still cannot hide it.
Without --rate each answer is followed by the next message: that finds the most it can do, and flatters its latency.

Several processes drive; what they counted is added up before percentiles are taken. When a driver, file descriptors or ports were what stopped the run it says so and gives no verdict.
Ctrl-C ends a run and shows what it came to.

Exit code: 0 measured, 1 the server failed (lost or wrong messages, refused connections), 2 called wrongly, 3 no verdict.

Examples:
  openline bench ws://localhost:8080/ --connections 100
      the most that an echo server can do with one message under way on each of 100 connections
  openline bench ws://localhost:8080/ --rate 5000 --duration 30s --report report.html
      latency at 5,000 messages a second, with plots
  openline bench ws://localhost:8000/hub --room load --scenario fan-out --connections 1000 --rate 20
      a room of 1,000 on an Openline hub: 20,000 deliveries a second
  openline bench ws://localhost:8000/hub --room load --scenario avalanche --connections 2000
      how long until all are back
  openline bench ws://a.example/ --compare ws://b.example/ --rounds 5
      two servers by turns, medians and their ratio`;

/** `openline bench`. */
export function addBenchFlags(command: Command): Command {
  return command
    .description("put load on a WebSocket server or a hub, and say what it did and what limited it")
    .argument("<url>", "the server: ws(s) or http(s)")
    .addHelpText("after", examples)
    .addOption(new Option("--scenario <name>", `what is played: ${scenarios.join(", ")} (default: echo)`))
    .option("--connections <number>", "how many, 1 to 1,000,000 (default: 100)")
    .option("--duration <time>", "for how long, as 30s or 5m (default: 10s)")
    .option(
      "--rate <number>",
      "messages a second, all together; connections a second for handshakes and jitter (default: as fast as answers come; fan-out: 10)",
    )
    .option("--bytes <number>", "bytes of a message, 64 to 1,048,576 (default: 64)")
    .option("--in-flight <number>", "without --rate: messages that a connection has under way (default: 1)")
    .option("--room <name>", "the server is an Openline hub: speak its wire, in this room")
    .option("--token <token>", "the token to connect to the hub with (OPENLINE_TOKEN)")
    .addOption(new Option("--header <field>", "NAME: VALUE, a further field of the handshake; again for more").argParser(more))
    .addOption(new Option("--subprotocol <name>", "offer it; again for more").argParser(more))
    .option("--drivers <number>", "processes that drive (default: one for each processor core but one, at most 8)")
    .option("--open-rate <number>", "connections opened a second before it begins (default: 500)")
    .option("--slow-share <share>", "slow-readers: the share that stops to read, 0 to 1 (default: 0.1)")
    .option("--compression", "offer permessage-deflate")
    .option("--insecure", "take any certificate")
    .option("--compare <url>", "a second server, by turns with the first")
    .option("--rounds <number>", "with --compare: how often each (default: 3)")
    .option("--report <file>", "write a page with plots to this file")
    .option("--json", "the result as JSON");
}

const more = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];
