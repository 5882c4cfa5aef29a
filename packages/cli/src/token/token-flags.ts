import { type Command, Option } from "commander";

const tokenExamples = `
Examples:
  OPENLINE_JWT_SECRET=… openline token create --user ada
      a token for Ada, good for an hour
  OPENLINE_JWT_SECRET=… openline token inspect eyJhbGciOi…
      what stands in one, and whether a server with this secret would take it`;

const createExamples = `
The secret or key is what the server checks with: --jwt-secret there, the same here, or OPENLINE_JWT_SECRET for both. With --key the server needs the public half
(--jwt-public-key). The process list shows flags: prefer the variable and the file.

Examples:
  OPENLINE_JWT_SECRET=… openline token create --user ada
      everything in every room, for an hour
  openline token create --user ada --expires 7d --room 'chat:*=join,publish' --room 'news=join' --key private.pem
      two rules for rooms, signed with a private key (RSA, EC or Ed25519, PKCS #8)
  openline connect ws://localhost:8000/hub --join lobby --token "$(openline token create --user ada)"`;

const inspectExamples = `
Says what stands in a token, and where a secret, keys or their address are given (as for openline serve: flags, environment or --config) whether a server with these
settings would let its bearer in, and why not. Without them nothing is checked, and that is said.

Exit code: 0 good (or not checked), 1 it would be refused, 2 called wrongly.

Examples:
  openline token inspect eyJhbGciOi…
  pbpaste | openline token inspect
  OPENLINE_JWT_SECRET=… openline token inspect --jwt-audience chat eyJhbGciOi…`;

const ticketExamples = `
The server that runs at --url makes the ticket (POST /api/tickets); its API key goes in OPENLINE_API_KEY or --api-key.

Examples:
  OPENLINE_API_KEY=… openline ticket --user ada
      prints the ticket: for one connection, within 30 s
  openline connect "ws://localhost:8000/hub?ticket=$(openline ticket --user ada)" --join lobby`;

/** `openline token create` and `inspect`. */
export function addTokenCommands(program: Command): { readonly create: Command; readonly inspect: Command } {
  const token = program
    .command("token")
    .description("make and read JSON Web Tokens for clients")
    .addHelpText("after", tokenExamples)
    .helpCommand(false);
  const create = token
    .command("create")
    .description("make a token for a user, and print it")
    .addHelpText("after", createExamples)
    .requiredOption("--user <name>", "who comes in with it (the claim sub)")
    .option("--expires <time>", "how long it is good, as 30m, 12h or 7d (default: 1h)")
    .addOption(
      new Option(
        "--room <rule>",
        "PATTERN=ACTION,ACTION: what it grants, again for more; without any, what the server grants everybody",
      ).argParser(more),
    )
    .option("--id <id>", "its own id (jti), by which it can be revoked (default: a random one)")
    .option("--issuer <text>", "who made it (iss), where the server asks for one")
    .option("--audience <text>", "for whom it is (aud), where the server asks for one")
    .addOption(new Option("--claim <name=value>", "a further claim, again for more; the value is JSON, or else text").argParser(more))
    .option("--jwt-secret <secret>", "sign with it, HS256 (OPENLINE_JWT_SECRET)")
    .option("--key <file>", "sign with the private key in this PEM file")
    .option("--key-id <id>", "which of the published keys it is (the header's kid)")
    .option("--json", "print the token with its claims as JSON");
  const inspect = token
    .command("inspect")
    .description("say what stands in a token, and whether it is good")
    .argument("[token]", "the token; read from standard input when left out")
    .addHelpText("after", inspectExamples)
    .option("--config <file>", "the server's configuration file")
    .option("--json", "print what was found as JSON");
  for (const [flag, what] of jwtFlags) inspect.addOption(new Option(flag, what).argParser(more));
  return { create, inspect };
}

/** `openline ticket`. */
export function addTicketFlags(command: Command): Command {
  return command
    .description("ask a running server for a one-time ticket for a user")
    .addHelpText("after", ticketExamples)
    .requiredOption("--user <name>", "who comes in with it")
    .option("--url <url>", "the server (default: http://localhost:8000)")
    .option("--api-key <key>", "a key of the server with the scope tickets (OPENLINE_API_KEY)")
    .option("--origin <origin>", "the only page that may use it")
    .option("--expires <time>", "how long it can be used, at most 10m (default: 30s)")
    .option("--connection <time>", "how long the connection may last that was opened with it")
    .addOption(new Option("--room <rule>", "PATTERN=ACTION,ACTION: what it grants, again for more").argParser(more))
    .option("--json", "print the answer as JSON");
}

/** As `openline serve` has them. */
const jwtFlags = [
  ["--jwt-secret <secret>", "a secret that tokens are signed with (OPENLINE_JWT_SECRET)"],
  ["--jwt-public-key <file>", "a PEM file with the key to check with (OPENLINE_JWT_PUBLIC_KEY)"],
  ["--jwt-jwks-url <url>", "where the keys are published (OPENLINE_JWT_JWKS_URL)"],
  ["--jwt-algorithm <name>", "an algorithm that is allowed (OPENLINE_JWT_ALGORITHM)"],
  ["--jwt-audience <text>", "one of these must be in aud (OPENLINE_JWT_AUDIENCE)"],
  ["--jwt-issuer <text>", "one of these must be iss (OPENLINE_JWT_ISSUER)"],
] as const;

const more = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];
