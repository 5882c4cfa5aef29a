import type { Command } from "commander";

const examples = `
Without an address it looks at this machine: Node.js, the fast driver, file descriptors, memory, cores, queues and ports; each with what it means for a server and what to do.
With an address it looks at a running server as clients reach it: name, certificate, health, clock, WebSocket, HTTP/2.
With --behind it takes the server's place for a moment, and looks at what a proxy passes on: certificate, address, Host, streams, WebSocket, HTTP/2.
Stop the server first: the port must be free.

Exit code: 0 nothing is broken, 1 something is, 2 called wrongly.

Examples:
  openline doctor
  openline doctor https://chat.example/
  openline doctor --behind https://chat.example/ --port 8000
  openline doctor --behind https://localhost:8443/ --insecure
  openline doctor --json | jq '.[] | select(.standing != "ok")'`;

/** `openline doctor`. */
export function addDoctorFlags(command: Command): Command {
  return command
    .description("look at this machine, a running server or a proxy, and say what to change")
    .argument("[url]", "a running server's http(s) address, base path included")
    .addHelpText("after", examples)
    .option("--behind <url>", "the public address of a proxy that passes on to --port here")
    .option("--port <number>", "the port that the proxy passes on to (default: 8000)")
    .option("--host <address>", "the address that the proxy passes on to (default: localhost)")
    .option("--insecure", "a certificate that nobody trusts, as one of your own, is a note and no fault")
    .option("--json", "the findings as JSON");
}
