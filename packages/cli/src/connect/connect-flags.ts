import { type Command, Option } from "commander";

const examples = `
On a terminal each line that you type is a message; /help shows the commands (/ping, /file, /close …). In a pipe each line of standard
input is a message, and each message a line of standard output.

Exit code: 0 the connection was closed with 1000 or 1001, or ended by us; 1 there was no connection: address, network, TLS; 2 called wrongly; 3 the
server refused the handshake or the room; 4 it closed with another code; 5 the line broke; 6 --count messages did not come in --for.

Examples:
  openline connect ws://localhost:8080/
      talk to it; Ctrl-D or /close ends
  echo '{"op":"subscribe"}' | openline connect wss://example.org/feed --count 3
      sends a line, prints three messages, ends
  openline connect wss://example.org/feed --listen | jq .
      everything that happens as a line of JSON each
  openline connect ws://localhost:8080/ --handshake --frames
      what goes over the line, explained bit by bit
  openline connect wss://example.org/ --auth ada:secret --header 'X-Trace: 1' --subprotocol chat
      credentials (better in OPENLINE_AUTH), header fields, a subprotocol
  openline connect wss://localhost:8443/ --ca ca.pem --cert me.pem --key me.key
      a server of your own authority, that asks for a certificate
  openline connect ws://localhost/ --unix /run/app.sock
      over a Unix socket
  openline connect http://localhost:8081/echo --sockjs
      a SockJS server: its frames are taken apart, its heartbeats answered
  openline connect http://localhost:8000/ --join lobby --user Ada
      a room of an Openline hub, with history, members and recovery`;

const what = "What to speak:";
const tls = "TLS:";
const pipe = "For scripts:";
const look = "What to show:";

const more = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

/** Puts the flags of `openline connect` on the command; {@link readConnectSettings} reads them. */
export function addConnectFlags(command: Command): Command {
  const option = (heading: string, flags: string, help: string, isList = false): void => {
    const made = new Option(flags, help).helpGroup(heading);
    command.addOption(isList ? made.argParser(more) : made);
  };
  command
    .description("talk to a WebSocket server, a SockJS server, or a room of a hub")
    .argument("<url>", "ws, wss, http or https")
    .addHelpText("after", examples);
  option(what, "--subprotocol <name>", "offer this subprotocol, again for more", true);
  option(what, "--header <field>", 'header field of the handshake, as "Name: value"; again for more', true);
  option(what, "--origin <origin>", "the Origin field, as a page would have it");
  option(what, "--auth <user:password>", "basic authentication (OPENLINE_AUTH)");
  option(what, "--no-compression", "do not offer permessage-deflate");
  option(what, "--http2", "over HTTP/2 (RFC 8441)");
  option(what, "--unix <path>", "over this Unix socket; the URL gives Host and path");
  option(what, "--follow", "follow redirects of the handshake");
  option(what, "--timeout <ms>", "how long the handshake may take (default: 10000)");
  option(what, "--max-message-bytes <n>", "refuse larger messages (default: 104857600)");
  option(what, "--ping <ms>", "ping so often, and end when no pong comes for as long");
  option(what, "--reconnect", "come back after a loss, with growing waits");
  option(what, "--sockjs", "the URL is that of a SockJS server");
  option(what, "--heartbeat-answer <what>", 'what a SockJS heartbeat is answered with: h (["h"]), empty ([]) or none (default: h)');
  option(what, "--join <room>", "a room of a hub: lines are published, its messages shown");
  option(what, "--user <name>", "with --join: the name that others see");
  option(what, "--token <token>", "with --join: the token to log in with (OPENLINE_TOKEN)");
  option(what, "--rewind <n>", "with --join: show the newest N messages first (default: 10)");
  option(tls, "--ca <file>", "PEM file with the authorities to trust");
  option(tls, "--cert <file>", "PEM file with our certificate");
  option(tls, "--key <file>", "PEM file with its key");
  option(tls, "--servername <name>", "the name to ask for and to check, when it is not the URL's");
  option(tls, "--insecure", "do not check the server's certificate");
  option(pipe, "--send <text>", "send this when the connection is open; again for more", true);
  option(pipe, "--send-file <file>", "send this file as one binary message");
  option(pipe, "--listen", "read no input; everything that happens is a line of JSON on standard output");
  option(pipe, "--count <n>", "end after N messages");
  option(pipe, "--for <ms>", "end after so long");
  option(pipe, "--quiet-ms <ms>", "when the input has ended: end when nothing came for so long (default: 1000)");
  option(look, "--raw", "messages as they are: no JSON in lines, no colours");
  option(look, "--binary <how>", "binary messages as hex (a dump), base64, or raw bytes (default: hex)");
  option(look, "--save <dir>", "write binary messages to files in this directory");
  option(look, "--frames", "show each frame with its header bits");
  option(look, "--handshake", "show the two messages of the handshake, and how the accept value is computed");
  return command;
}

/** The flags as commander parsed them, by their names. */
export type ConnectFlagValues = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
